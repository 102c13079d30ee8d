"""Triggers of retraining: whether one is due, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from seqops.core.errors import ConfigError, quoted
from seqops.retraining.row_diff import RowDiff

UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Trigger:
    """A condition for retraining; age: minimum age of the champion, for kind `age`."""

    kind: Literal["always", "new-data", "drift", "age"]
    age: timedelta = timedelta(0)

    @classmethod
    def parse(cls, text: str) -> Trigger:
        """Parse `always`, `new-data`, `drift` or `age=7d` (hours h, days d, weeks w). Raises ConfigError."""
        if text in ("always", "new-data", "drift"):
            return cls(text)  # type: ignore[arg-type]
        found = re.fullmatch(r"age=(\d+(?:\.\d+)?)([hdw])", text)
        if not found:
            raise ConfigError(
                f"unknown trigger {quoted(text)}: use always, new-data, drift, or an age such as age=7d."
            )
        return cls("age", timedelta(**{UNITS[found[2]]: float(found[1])}))


@dataclass(frozen=True)
class TriggerContext:
    """What triggers depend on.

    unfinished: why an interrupted cycle had started, or None; age: of the champion, None if there is none;
    drift: measures it when called, and returns (whether there is any, in words).
    """

    unfinished: str | None
    diff: RowDiff
    age: timedelta | None
    drift: Callable[[], tuple[bool, str]]


def due(triggers: Sequence[Trigger], now: TriggerContext) -> tuple[bool, str]:
    """Return whether any trigger is met, and why; if none is, why not."""
    if now.unfinished is not None:
        return True, f"the last retraining was interrupted; its reason was: {now.unfinished}"
    if now.age is None:
        return True, "there is no champion yet"
    found = []
    for trigger in triggers:
        met, reason = _met(trigger, now, now.age)
        if met:
            return True, reason
        found.append(reason)
    return False, "; ".join(found)


def _met(trigger: Trigger, now: TriggerContext, age: timedelta) -> tuple[bool, str]:
    if trigger.kind == "always":
        return True, "the trigger is `always`"
    if trigger.kind == "new-data":
        return bool(now.diff), now.diff.summary()
    if trigger.kind == "drift":
        return now.drift()
    if age < timedelta(0):
        return False, "the champion is from the future: was the clock set back? Its age is unknown"
    old = f"the champion is {age / timedelta(days=1):.1f} days old"
    if age > trigger.age:
        return True, f"{old}, more than {trigger.age / timedelta(days=1):g}"
    return False, f"{old}, not more than {trigger.age / timedelta(days=1):g}"
