"""Running text to rows: windows to learn from, and passages to be scored on that bring their context."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.ragged import Ragged, Split
from seqops.tasks.textgen.data.tokenizer import BREAK, Ids, Tokenizer, passages

LONG = 40
"""Characters of a line from which on it does not stand twice by chance."""


def windows(text: str, tokens: Tokenizer, size: int) -> Split:
    """Cut a training text to windows of `size` tokens, the last maybe shorter.

    Columns: `tokens`, one more than the window, since each is to be told from those before it; `start`,
    the place of the window in the text.
    """
    ids = np.concatenate([_before(tokens), tokens.encode(text)])
    starts = np.arange(0, len(ids) - 1, size)
    return Split(
        {"tokens": Ragged.from_rows((ids[s : s + size + 1] for s in starts), np.int32), "start": starts}
    )


def held_out(before: str, text: str, tokens: Tokenizer, passage: int, context: int, known: set[str]) -> Split:
    """Cut a held-out text to passages of about so many characters, each with its context before it.

    before: the text that ends where this begins; known: the long lines of the training text. Columns:
    `tokens` of context and passage; `scored`, how many of them are the passage's; `characters` and `text`
    of the passage; `context`, the text before it; `leaked`: a long line of it stands in training.
    """
    whole, offset = before + text, len(before)
    cuts = [(offset + a, offset + b) for a, b in passages(text, passage)]
    contexts = [whole[_context_start(whole, a, context) : a] for a, _ in cuts]
    texts = [whole[a:b] for a, b in cuts]
    heads = [np.concatenate([_before(tokens), tokens.encode(part)]) for part in contexts]
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
        }
    )


def long_lines(text: str) -> set[str]:
    """List the lines that are long enough to tell a copy from chance."""
    return {line for raw in text.split("\n") if len(line := raw.strip()) >= LONG}


def joined(table: pd.DataFrame, split: np.ndarray, name: str) -> str:
    """Join the text of one split. Raises DataError where there is none."""
    text = "".join(table["text"][split == name])
    if not text:
        raise DataError(f"no text is left for {name}. Give more, or change data.validation and data.test.")
    return text


def own(split: Split) -> Ragged:
    """Take the tokens that belong to each row alone: those of a window that are told, or of a passage."""
    rows = split.ragged("tokens")
    lengths = split.plain("scored") if "scored" in split.columns else np.maximum(rows.lengths - 1, 0)
    place = np.arange(len(rows.values)) - np.repeat(rows.offsets[1:] - lengths, rows.lengths)
    return Ragged(rows.values[place >= 0], np.concatenate([[0], np.cumsum(lengths)]))


def stream(training: Split) -> Ids:
    """Put training windows together to the running text that they were cut from: (N,)."""
    rows = training.ragged("tokens")
    first = np.zeros(len(rows.values), np.bool_)
    first[rows.offsets[1:-1]] = True
    ids: Ids = rows.values[~first]
    return ids


def _before(tokens: Tokenizer) -> Ids:
    # a text, and a piece of one, is read as what follows a line break: a model needs something to go on
    return tokens.encode(BREAK)


def _context_start(whole: str, end: int, context: int) -> int:
    """Find where the context of about so many characters begins: at a word, so that tokens are whole."""
    start = max(0, end - context)
    while 0 < start < end and not (whole[start].isspace() and not whole[start - 1].isspace()):
        start += 1
    return start
