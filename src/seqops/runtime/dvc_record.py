"""What DVC has recorded of the stages: read as DVC reads it, before work begins that needs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from seqops.core.errors import DataError, shortened
from seqops.core.project import Project
from seqops.runtime.dvc_settings import require_readable_settings

HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")
CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
RESTORE = (
    "Restore it with `git checkout {name}`, or delete it and run `dvc repro`, which takes finished stages "
    "from its cache."
)
TAKE_ONE = (
    "Take one side with `git checkout --ours {name}` or `--theirs`, or delete the file; then run `dvc repro`."
)


def require_readable_record(project: Project) -> None:
    """Raise DataError if dvc.lock is there, but DVC could not read it: with the line, and what to do.

    DVC itself says what is wrong, but not what to do; and a retraining would have replaced data by then.
    Raises SeqopsError if DVC cannot even read its settings.
    """
    require_readable_settings(project)
    path = project.root / "dvc.lock"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise _unreadable(path, None, f"not UTF-8 at byte {error.start}") from None
    if mark := CONFLICT.search(text):
        line = text.count("\n", 0, mark.start()) + 1
        raise DataError.at(path, line, "a merge conflict", TAKE_ONE.format(name=path.name))
    try:
        content = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        raise _unreadable(path, place and place.line + 1, f"not valid YAML ({problem})") from None
    except (YAMLError, ValueError, RecursionError) as error:
        # an impossible date or number is a ValueError
        raise _unreadable(path, None, f"not valid YAML ({' '.join(str(error).split())[:200]})") from None
    if fault := _fault(content):
        raise _unreadable(path, None, fault)


def _fault(content: Any) -> str:
    """Say where the content is not what DVC writes; empty: nowhere."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import MultipleInvalid

    try:
        COMPILED_LOCKFILE_SCHEMA(content)
    except MultipleInvalid as error:
        first = error.errors[0]
        keys = ".".join(map(str, first.path))
        return f"{first.error_message}{f' at {keys}' * bool(keys)}"
    for name, stage in content.get("stages", {}).items():
        for entry in [*stage.get("deps", []), *stage.get("outs", [])]:
            # DVC takes any name and any text, and then fails without a reason
            if entry.get("hash", "md5") != "md5" or not HASH.fullmatch(str(entry.get("md5", "0" * 32))):
                return f"stages.{name} has no valid hash for {shortened(entry['path'])}"
    return ""


def _unreadable(path: Path, line: int | None, what: str) -> DataError:
    return DataError.at(path, line, f"DVC cannot read it: {what}", RESTORE.format(name=path.name))
