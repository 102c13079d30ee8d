"""Tags of registered versions, read without MLflow: four to read, and one with all that programs look up.

The registry shows a tag a line. Hashes, digests of rows and the numbers of the decision are kept in one tag,
as JSON, so that source, rows, decision and the better baseline are read without scrolling. A version of a
former release has a tag for each value, and is read alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from seqops.core.errors import DataError

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

    from seqops.registry.lookup import LocalVersion

PREFIX = "seqops."
SOURCE, ROWS = "seqops.source", "seqops.rows"
BETTER_BASELINE = "seqops.better_baseline"
"""The line that a classical method is better than the version; empty if none is."""
DECISION, DECIDED_BY, REASON = "seqops.decision", "seqops.decision_by", "seqops.decision_reason"
NUMBERS = "seqops.decision_numbers"
PROVENANCE = "seqops.provenance"
"""The tag with all values that have no tag of their own: a JSON object by name without the prefix."""
DECIDED = re.compile(r"(promoted|kept|rolled back) by the (rule|user): (.*)", re.DOTALL)
READABLE = (SOURCE, ROWS, BETTER_BASELINE, DECISION)


def tags_of(version: ModelVersion | LocalVersion) -> dict[str, str]:
    """Return the values of a version by name, from one tag or from many. Raises DataError if damaged."""
    try:
        return unpacked(version.tags)
    except ValueError as error:
        raise DataError(
            f"the tag {PROVENANCE} of version {version.version} of {version.name} is damaged: it is no JSON "
            "object. Restore it, or delete the version and register it again by `seqops publish`."
        ) from error


def unpacked(tags: Mapping[str, str]) -> dict[str, str]:
    """Return all values by name from the tags of a version. Raises ValueError if they are damaged."""
    kept = json.loads(tags.get(PROVENANCE, "{}"))
    if not isinstance(kept, dict):
        raise ValueError(PROVENANCE)
    # what a former release has left beside the one tag does not count
    own = {k: v for k, v in tags.items() if PROVENANCE not in tags or not _is_packed(k)}
    values = {**own, **{f"{PREFIX}{name}": _text(value) for name, value in kept.items()}}
    values.pop(PROVENANCE, None)
    if found := DECIDED.fullmatch(values.get(DECISION, "")):
        values |= dict(zip((DECISION, DECIDED_BY, REASON), found.groups(), strict=True))
    return values


def packed(values: Mapping[str, str]) -> dict[str, str]:
    """Return the tags for values by name, the one with all others last."""
    tags = {name: value for name, value in values.items() if not _is_packed(name)}
    if DECIDED_BY in values:
        tags[DECISION] = f"{values[DECISION]} by the {values[DECIDED_BY]}: {values[REASON]}"
    kept: dict[str, Any] = {
        name.removeprefix(PREFIX): value
        for name, value in values.items()
        if _is_packed(name) and name not in (DECIDED_BY, REASON)
    }
    # a former release cut numbers that were too long, so that they may be no JSON
    with suppress(KeyError, ValueError):
        kept[NUMBERS.removeprefix(PREFIX)] = json.loads(values[NUMBERS])
    return {**tags, PROVENANCE: _text(kept)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _is_packed(name: str) -> bool:
    return name.startswith(PREFIX) and name not in (*READABLE, PROVENANCE)
