"""Text generation from prompts, at once or as a stream; both give the same text."""

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
"""Tokens generated per piece of a stream."""


class _PromptBatch:
    """At most ROWS requests as arrays of ROWS rows; rows beyond them repeat the first."""

    def __init__(self, split: Split) -> None:
        request_of_row = np.where(np.arange(ROWS) < len(split), np.arange(ROWS), 0)
        prompts = split.ragged("tokens")
        self.read = prompts.lengths[request_of_row]
        self.length = split.plain("length")[request_of_row]
        steps = int((self.read + self.length).max()) - 1
        self.given = np.full((ROWS, steps), -1, np.int32)
        self.uniform = np.zeros((ROWS, steps), np.float32)
        for row, request in enumerate(request_of_row):
            first = self.read[row] - 1
            self.given[row, : self.read[row]] = prompts[request]
            # the n-th random number of a seed samples the n-th token, whatever else is in the batch
            numbers = np.random.default_rng(int(split.plain("seed")[request])).random(
                self.length[row], np.float32
            )
            self.uniform[row, first : first + self.length[row]] = numbers
        names = ("temperature", "top_k", "top_p")
        self.sampling = np.stack([split.plain(name)[request_of_row].astype(np.float32) for name in names])


def texts(model: LanguageModel, split: Split, tokens: Tokenizer) -> list[str]:
    """Generate `length` tokens after each prompt."""
    generated: list[str] = []
    for start in range(0, len(split), ROWS):
        part = split.take(np.arange(start, min(start + ROWS, len(split))))
        batch = _PromptBatch(part)
        sampled = np.concatenate(list(_run(model, batch, [batch.given.shape[1]])), axis=1)
        for row in range(len(part)):
            first = batch.read[row] - 1
            generated.append(written(tokens, sampled[row, first : first + batch.length[row]]))
    return generated


def pieces(model: LanguageModel, split: Split, tokens: Tokenizer) -> Iterator[str]:
    """Yield the text of `texts` for one prompt, a few tokens at a time, as whole characters."""
    batch, write = _PromptBatch(split), tokens.writer()
    prompt, steps = int(batch.read[0]), batch.given.shape[1]
    strides = [prompt] + [min(STRIDE, steps - at) for at in range(prompt, steps, STRIDE)]
    position = 0
    for sampled in _run(model, batch, strides):
        new = sampled[0, max(0, prompt - 1 - position) :]
        position += sampled.shape[1]
        if piece := "".join(write(int(token)) for token in new):
            yield piece


def _run(model: LanguageModel, batch: _PromptBatch, strides: list[int]) -> Iterator[npt.NDArray[np.int32]]:
    """Yield the token sampled after each one that is read, in strides: (ROWS, stride)."""
    state: Any = model.encoder.zeros(ROWS)
    token, at = np.zeros(ROWS, np.int32), 0
    for stride in strides:
        part = slice(at, at + stride)
        sampled, state = model.write(
            tf.constant(batch.given[:, part]),
            tf.constant(batch.uniform[:, part]),
            batch.sampling,
            token,
            state,
        )
        at += stride
        token = sampled[:, -1]
        yield sampled.numpy()
