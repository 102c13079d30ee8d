"""What a check of `seqops doctor` finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.core.redaction import redact
from seqops.runtime.console import error_summary


@dataclass(frozen=True)
class Finding:
    """The result of a check: its name, whether it passed, and what was found or how to fix it."""

    name: str
    ok: bool
    message: str


Check = Callable[[Project], Iterator[Finding]]


def run(name: str, check: Check, project: Project) -> Iterator[Finding]:
    """Yield what a check finds, or its error as a finding."""
    try:
        yield from check(project)
    except (SeqopsError, OSError) as error:
        yield Finding(name, False, error_summary(error))
    except Exception as error:
        # a damaged file can raise anything; the other checks have to run
        what = redact(" ".join(str(error).split())[:200])
        yield Finding(name, False, f"the check failed: {type(error).__name__}: {what}")
