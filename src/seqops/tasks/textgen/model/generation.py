"""Text that goes on from prompts, at once or piece by piece; both make the same text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from seqops.core.ragged import Split
from seqops.tasks.textgen.data.tokenizer import Tokenizer, written
from seqops.tasks.textgen.model.language_model import ROWS, LanguageModel

STRIDE = 8
"""Tokens that are made between one piece of a stream and the next."""


class _Asked:
    """At most ROWS requests as arrays of ROWS rows; rows beyond them repeat the first."""

    def __init__(self, split: Split) -> None:
        places = np.where(np.arange(ROWS) < len(split), np.arange(ROWS), 0)
        prompts = split.ragged("tokens")
        self.read = prompts.lengths[places]
        self.length = split.plain("length")[places]
        steps = int((self.read + self.length).max()) - 1
        self.given = np.full((ROWS, steps), -1, np.int32)
        self.uniform = np.zeros((ROWS, steps), np.float32)
        for row, place in enumerate(places):
            first = self.read[row] - 1
            self.given[row, : self.read[row]] = prompts[place]
            # the n-th number of a seed chooses the n-th token, whatever else is written
            drawn = np.random.default_rng(int(split.plain("seed")[place])).random(
                self.length[row], np.float32
            )
            self.uniform[row, first : first + self.length[row]] = drawn
        names = ("temperature", "top_k", "top_p")
        self.choice = np.stack([split.plain(name)[places].astype(np.float32) for name in names])


def texts(model: LanguageModel, split: Split, tokens: Tokenizer) -> list[str]:
    """Write `length` tokens on from each prompt."""
    found: list[str] = []
    for start in range(0, len(split), ROWS):
        part = split.take(np.arange(start, min(start + ROWS, len(split))))
        asked = _Asked(part)
        chosen = np.concatenate(list(_run(model, asked, [asked.given.shape[1]])), axis=1)
        for row in range(len(part)):
            first = asked.read[row] - 1
            found.append(written(tokens, chosen[row, first : first + asked.length[row]]))
    return found


def pieces(model: LanguageModel, split: Split, tokens: Tokenizer) -> Iterator[str]:
    """Yield what `texts` writes for one prompt, a few tokens at a time, whole characters only."""
    asked, write = _Asked(split), tokens.writer()
    prompt, steps = int(asked.read[0]), asked.given.shape[1]
    strides = [prompt] + [min(STRIDE, steps - at) for at in range(prompt, steps, STRIDE)]
    place = 0
    for chosen in _run(model, asked, strides):
        new = chosen[0, max(0, prompt - 1 - place) :]
        place += chosen.shape[1]
        if piece := "".join(write(int(token)) for token in new):
            yield piece


def _run(model: LanguageModel, asked: _Asked, strides: list[int]) -> Iterator[npt.NDArray[np.int32]]:
    """Yield what is chosen after each token that is read, in strides: (ROWS, stride)."""
    state: Any = model.encoder.zeros(ROWS)
    token, at = np.zeros(ROWS, np.int32), 0
    for stride in strides:
        part = slice(at, at + stride)
        chosen, state = model.write(
            tf.constant(asked.given[:, part]), tf.constant(asked.uniform[:, part]), asked.choice, token, state
        )
        at += stride
        token = chosen[:, -1]
        yield chosen.numpy()
