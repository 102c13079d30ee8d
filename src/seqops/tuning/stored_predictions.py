"""Predictions of held-out rows in a study's storage, where every process on every machine finds them."""

from __future__ import annotations

import base64
import io

import optuna
import pandas as pd
from optuna.trial import FrozenTrial

PREDICTIONS = "held-out predictions"


def store(trial: optuna.Trial, predicted: pd.DataFrame) -> None:
    """Store predictions with their trial, as Parquet."""
    stream = io.BytesIO()
    predicted.to_parquet(stream, index=False, compression="zstd")
    trial.set_user_attr(PREDICTIONS, base64.b85encode(stream.getvalue()).decode("ascii"))


def read(trial: FrozenTrial) -> pd.DataFrame | None:
    """Read the predictions of a trial; None if it has none."""
    text = trial.user_attrs.get(PREDICTIONS)
    return None if text is None else pd.read_parquet(io.BytesIO(base64.b85decode(text)))
