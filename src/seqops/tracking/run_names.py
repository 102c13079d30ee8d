"""Names of training runs, which show the difference from the previous run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

KEYS = 3
LONGEST = 24
INPUTS = {"data_sha256": "data", "code_sha256": "code", "lock_sha256": "packages"}


def run_name(
    source: str, params: Mapping[str, str], tags: Mapping[str, str], before: Mapping[str, str] | None
) -> str:
    """Name a run by its source and its difference from the previous run: `sample: units 64->96, +2 more`.

    params: by dotted key; before: params and tags of the previous run together, None if there is none.
    If no param differs, the name shows which input does: the data, the code or the packages.
    """
    name = Path(source).name
    if before is None:
        return name
    keys = [key for key in params if key != "source" and params[key] != before.get(key)]
    if keys:
        short = short_keys([*params])
        shown = [f"{short[key]} {_cut(before.get(key, 'none'))}->{_cut(params[key])}" for key in keys[:KEYS]]
        more = [f"+{len(keys) - KEYS} more"] if len(keys) > KEYS else []
        return f"{name}: {', '.join([*shown, *more])}"
    inputs = [what for key, what in INPUTS.items() if tags[f"seqops.{key}"] != before.get(f"seqops.{key}")]
    return f"{name}: {'new ' + ', '.join(inputs) if inputs else 'again'}"


def short_keys(keys: list[str]) -> dict[str, str]:
    """Shorten each dotted key to the fewest last parts that no other key ends with."""
    ends = Counter(tail for key in keys for tail in _tails(key))
    return {key: next((tail for tail in _tails(key) if ends[tail] == 1), key) for key in keys}


def _tails(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[place:]) for place in range(len(parts) - 1, -1, -1)]


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 3]}..."
