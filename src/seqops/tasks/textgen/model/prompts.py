"""Requests: a prompt as text, or a JSON object with a prompt and sampling settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, ValidationError

from seqops.core.errors import DataError, quoted
from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.encodings import is_utf8
from seqops.tasks.textgen.data.tokenizer import BREAK, Tokenizer

MAX_TOKENS = 20_000
"""Tokens that the prompts of one request may ask for, together: a few milliseconds of a processor each."""
UNSET = -1
"""Marks a setting that the request does not give; the model's own applies."""


class Prompt(BaseModel):
    """One request; settings that are None take the model's values."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prompt: str
    temperature: Annotated[float, Ge(0.0), Le(10.0)] | None = None
    top_k: Annotated[int, Ge(0), Le(1_000_000)] | None = None
    top_p: Annotated[float, Gt(0.0), Le(1.0)] | None = None
    length: Annotated[int, Ge(1), Le(MAX_TOKENS)] | None = None
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] | None = None


SETTINGS = {"temperature": np.float64, "top_k": np.int64, "top_p": np.float64, "length": np.int64,
            "seed": np.int64}  # fmt: skip


def parse(text: str, number: int) -> Prompt:
    """Parse a JSON object as a request, and any other text as a prompt. Raises DataError if it is invalid."""
    if not text:
        raise DataError(f'input {number} is empty. Give a prompt, or {{"prompt": ""}} for an empty prompt.')
    value = None
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        pass
    except ValueError:
        _refuse_object(text, f"input {number}: a number has too many digits. Give a smaller one.")
    except RecursionError:
        _refuse_object(text, f"input {number}: nested too deeply. Give text and numbers alone.")
    request = value if isinstance(value, dict) else {"prompt": text}
    try:
        prompt = Prompt.model_validate(request)
    except ValidationError as error:
        raise DataError(f"input {number}: {_message(error)}") from None
    if not is_utf8(prompt.prompt):
        raise DataError(f"input {number}: the prompt is not valid Unicode (unpaired surrogate). Remove it.")
    return prompt


def _refuse_object(text: str, refusal: str) -> None:
    """Raise DataError for a text that begins like an object, and is beyond a limit of Python."""
    if text.lstrip().startswith("{"):
        raise DataError(refusal) from None


def encoded(prompts: Sequence[Prompt], tokens: Tokenizer) -> Split:
    """Encode requests: `tokens` of the prompt after a line break, its text, and a column for each setting.

    Raises DataError if they ask for more than MAX_TOKENS together.
    """
    if (asked := sum(prompt.length or 0 for prompt in prompts)) > MAX_TOKENS:
        what = f"the prompts ask for {asked:,} tokens together, more than {MAX_TOKENS:,}"
        raise DataError(f"{what}. Send them in several requests.")
    texts = [_normalized_breaks(prompt.prompt) for prompt in prompts]
    columns: dict[str, Any] = {
        "tokens": Ragged.from_rows((tokens.encode(BREAK + text) for text in texts), np.int32),
        "prompt": Ragged.from_texts(texts),
    }
    for name, kind in SETTINGS.items():
        values = [getattr(prompt, name) for prompt in prompts]
        columns[name] = np.array([UNSET if v is None else v for v in values], kind)
    return Split(columns)


def with_defaults(requests: Split, defaults: Mapping[str, Any]) -> Split:
    """Fill in the settings that the requests do not give; defaults: of each setting, by name."""
    columns = dict(requests.columns)
    for name in SETTINGS:
        requested = requests.plain(name)
        columns[name] = np.where(requested == UNSET, defaults[name], requested).astype(requested.dtype)
    return Split(columns)


def _normalized_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _message(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    known = ", ".join(Prompt.model_fields)
    if first["type"] == "extra_forbidden":
        return f"unknown setting {quoted(key)}. Known: {known}."
    if first["type"] == "missing":
        return f"the object has no {quoted(key)}. Add it, or give the prompt as text."
    return f"{key}: {first['msg'][0].lower()}{first['msg'][1:]}, got {quoted(first['input'])}."
