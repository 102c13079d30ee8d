"""Running text as rows: training windows, and held-out passages with their context."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.ragged import Ragged, Split
from seqops.core.score import GROUP
from seqops.tasks.textgen.data.tokenizer import BREAK, Ids, Tokenizer, passages

Ints = npt.NDArray[np.integer[Any]]
MIN_LINE_LENGTH = 40
"""Lines of at least this many characters do not occur twice by chance."""


def windows(text: str, tokens: Tokenizer, size: int) -> Split:
    """Split a training text into windows of `size` tokens, the last possibly shorter.

    Columns: `tokens`, one more than the window, since each is predicted from those before it; `start`, the
    position of the window in the text; `text`, the UTF-8 bytes of the tokens predicted, unknown characters
    among them: a subword may end within a character, but the rows joined are the text.
    """
    body = tokens.encode(text)
    ids = np.concatenate([_line_break(tokens), body])
    starts = np.arange(0, len(body), size)
    ends = np.cumsum(np.concatenate([[0], tokens.byte_lengths(text, body)]))
    return Split(
        {
            "tokens": Ragged.from_rows((ids[s : s + size + 1] for s in starts), np.int32),
            "start": starts,
            "text": Ragged(np.frombuffer(text.encode(), np.uint8), ends[[*starts, len(body)]]),
        }
    )


def held_out(
    before: str,
    text: str,
    tokens: Tokenizer,
    passage: int,
    context: int,
    known: set[str],
    sections: Ints | None = None,
) -> Split:
    """Split a held-out text into passages of about `passage` characters, each with its context before it.

    before: the text that precedes it; known: the long lines of the training text; sections: of each
    character, in ascending order, whose passages then end with their section. Columns: `tokens` of
    context and passage; `scored`, the number of tokens of the passage; `characters` and `text` of the
    passage; `context`, the text before it; `leaked`: a long line of it occurs in the training text; `group`,
    the section, if there are any.
    """
    whole, offset = before + text, len(before)
    cuts = [(offset + a, offset + b) for a, b in _passages_of_sections(text, passage, sections)]
    contexts = [whole[_context_start(whole, a, context) : a] for a, _ in cuts]
    texts = [whole[a:b] for a, b in cuts]
    heads = [np.concatenate([_line_break(tokens), tokens.encode(part)]) for part in contexts]
    bodies = [tokens.encode(part) for part in texts]
    return Split(
        {
            "tokens": Ragged.from_rows(
                (np.concatenate(pair) for pair in zip(heads, bodies, strict=True)), np.int32
            ),
            "scored": np.array([len(body) for body in bodies], np.int64),
            "characters": np.array([len(part) for part in texts], np.int64),
            "text": Ragged.from_texts(texts),
            "context": Ragged.from_texts(contexts),
            "leaked": np.array([bool(known & long_lines(part)) for part in texts], np.bool_),
            **({} if sections is None else {GROUP: sections[[a - offset for a, _ in cuts]]}),
        }
    )


def _passages_of_sections(text: str, size: int, sections: Ints | None) -> list[tuple[int, int]]:
    begins = [] if sections is None else (np.flatnonzero(np.diff(sections)) + 1).tolist()
    parts = pairwise([0, *begins, len(text)])
    return [(start + a, start + b) for start, end in parts for a, b in passages(text[start:end], size)]


def long_lines(text: str) -> set[str]:
    """Return the lines that are too long to be equal by chance."""
    return {line for raw in text.split("\n") if len(line := raw.strip()) >= MIN_LINE_LENGTH}


def joined(table: pd.DataFrame, split: np.ndarray, name: str) -> str:
    """Join the text of one split. Raises DataError if it is empty."""
    text = "".join(table["text"][split == name])
    if not text:
        raise DataError(f"no text is left for {name}. Give more, or change data.validation and data.test.")
    return text


def scored_tokens(split: Split) -> Ragged:
    """Return the tokens that each row predicts: those of a window after the first, or of a passage."""
    rows = split.ragged("tokens")
    lengths = split.plain("scored") if "scored" in split.columns else np.maximum(rows.lengths - 1, 0)
    position = np.arange(len(rows.values)) - np.repeat(rows.offsets[1:] - lengths, rows.lengths)
    return Ragged(rows.values[position >= 0], np.concatenate([[0], np.cumsum(lengths)]))


def joined_text(split: Split) -> str:
    """Return the text that the rows of a split have, one after the other."""
    return np.asarray(split.ragged("text").values).tobytes().decode("utf-8")


def stream(training: Split) -> Ids:
    """Join training windows to the running text that they come from: (N,)."""
    rows = training.ragged("tokens")
    first = np.zeros(len(rows.values), np.bool_)
    first[rows.offsets[1:-1]] = True
    ids: Ids = rows.values[~first]
    return ids


def _line_break(tokens: Tokenizer) -> Ids:
    # a text is read as if it followed a line break: the first token needs a context too
    return tokens.encode(BREAK)


def _context_start(whole: str, end: int, context: int) -> int:
    """Return the start of a context of about `context` characters: at a word, so that tokens are whole."""
    start = max(0, end - context)
    while 0 < start < end and not (whole[start].isspace() and not whole[start - 1].isspace()):
        start += 1
    return start
