"""Samples for the report: continuations of the training text's first words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.predictors import Predictor
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.model import prompts

TEMPERATURES = (0.2, 0.5, 1.0, 1.2)


def generated(predictor: Predictor, model: Any, meta: Meta) -> pd.DataFrame:
    """Generate one continuation at each temperature."""
    prompt = meta["example"]
    requests = [prompts.Prompt(prompt=prompt, temperature=t, top_k=0, top_p=1.0) for t in TEMPERATURES]
    found = predictor.predict(model, prompts.encoded(requests, tokenizer.tokenizer_from_meta(meta)), meta)
    return pd.DataFrame(
        {
            "temperature": [f"{t:g}" for t in TEMPERATURES],
            "text": [prompt + text for text in found["text"]],
        }
    )
