"""Slices and examples of passages; plots of the nats per token by position and by kind of token."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Plot
from seqops.preprocessing.vocabulary import UNKNOWN
from seqops.tasks.textgen.data import tokenizer

CONTEXT_SHOWN = 60
"""Characters of the context that an example shows."""

STEP = 20
"""Tokens averaged into one point of the plot."""

KINDS = ("line break", "blank", "small letter", "capital letter", "other letter", "digit", "sign", "unknown")


def slices(truth: Split, meta: Meta) -> dict[str, npt.NDArray[np.bool_]]:
    """Return masks of the passages without a copied line, those with an unknown character, and the halves."""
    rows, index = truth.ragged("tokens"), np.arange(len(truth))
    ids = [rows[i][-n:] for i, n in enumerate(truth.plain("scored"))]
    named = {"no line copied from training": ~truth.plain("leaked")}
    if meta["tokens"] == "character":
        named["unknown character"] = np.array([bool(np.any(row == UNKNOWN)) for row in ids], np.bool_)
    half = len(truth) // 2
    return named | {"first half": index < half, "second half": index >= half}


def examples(predicted: pd.DataFrame, truth: Split) -> pd.DataFrame:
    """Show each passage, the end of its context, and its negative log-likelihood."""
    characters = truth.plain("characters")
    return pd.DataFrame(
        {
            "input": [text[-CONTEXT_SHOWN:] for text in truth.ragged("context").texts()],
            "truth": truth.ragged("text").texts(),
            "predicted": [
                f"{nats:.1f} nats for {n} characters"
                for nats, n in zip(predicted["nats"], characters, strict=True)
            ],
        }
    )


def plots(predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Plot]:
    """Plot the mean nats per token by position in the passage, and by the token's first character."""
    each = [np.asarray(row, np.float64) for row in predicted["each"]]
    steps = np.concatenate([np.arange(len(row)) // STEP for row in each])
    nats = np.concatenate(each)
    by_position = (
        pd.DataFrame({"token": steps * STEP + 1, "nats": nats}).groupby("token", as_index=False).mean()
    )
    return [
        Plot(
            "by_position", "Nats per token by position in the passage", "line", by_position, "token", ["nats"]
        ),
        _by_kind(nats, truth, meta),
    ]


def _by_kind(nats: npt.NDArray[np.float64], truth: Split, meta: Meta) -> Plot:
    tokens, rows = tokenizer.tokenizer_from_meta(meta), truth.ragged("tokens")
    ids = np.concatenate([rows[i][-n:] for i, n in enumerate(truth.plain("scored"))])
    known, index = np.unique(ids, return_inverse=True)
    kinds = np.array([_kind(text) for text in tokens.pieces(known)])[index]
    spent = pd.Series(nats).groupby(kinds).mean()
    shown = [kind for kind in KINDS if kind in spent]
    table = pd.DataFrame({"begins with": shown, "nats": [spent[kind] for kind in shown]})
    return Plot("by_kind", "Nats per token by its first character", "bar", table, "begins with", ["nats"])


def _kind(text: str) -> str:
    first = text[:1]
    tests = (first == "\n", first.isspace(), first.islower(), first.isupper(), first.isalpha())
    if len(text) > 1 and text.startswith("<") and text.endswith(">"):
        return "unknown"
    found = next((kind for kind, test in zip(KINDS, tests, strict=False) if test), "")
    return found or ("digit" if first.isdigit() else "sign")
