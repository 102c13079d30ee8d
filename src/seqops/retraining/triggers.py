"""When a retraining is due, and why, in one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from seqops.core.errors import ConfigError
from seqops.retraining.row_diff import RowDiff

UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Trigger:
    """A condition; age: of the champion, for `age`."""

    kind: Literal["always", "new-data", "drift", "age"]
    age: timedelta = timedelta(0)

    @classmethod
    def parse(cls, text: str) -> Trigger:
        """Read `always`, `new-data`, `drift` or `age=7d` (hours h, days d, weeks w). Raises ConfigError."""
        if text in ("always", "new-data", "drift"):
            return cls(text)  # type: ignore[arg-type]
        found = re.fullmatch(r"age=(\d+(?:\.\d+)?)([hdw])", text)
        if not found:
            raise ConfigError(f"no trigger {text!r}: name always, new-data, drift, or an age such as age=7d.")
        return cls("age", timedelta(**{UNITS[found[2]]: float(found[1])}))


@dataclass(frozen=True)
class TriggerContext:
    """What triggers look at.

    unfinished: why the cycle was begun that something cut off; age: of the champion, None where there is
    none; drift: measured when it is asked for: (whether there is any, in words).
    """

    unfinished: str | None
    diff: RowDiff
    age: timedelta | None
    drift: Callable[[], tuple[bool, str]]


def due(triggers: Sequence[Trigger], now: TriggerContext) -> tuple[bool, str]:
    """Tell whether one of the triggers is met, and which; else what each of them found."""
    if now.unfinished is not None:
        return True, f"a retraining was cut off, begun because: {now.unfinished}"
    if now.age is None:
        return True, "there is no champion yet"
    found = []
    for trigger in triggers:
        met, said = _met(trigger, now, now.age)
        if met:
            return True, said
        found.append(said)
    return False, "; ".join(found)


def _met(trigger: Trigger, now: TriggerContext, age: timedelta) -> tuple[bool, str]:
    if trigger.kind == "always":
        return True, "it is always wanted"
    if trigger.kind == "new-data":
        return bool(now.diff), now.diff.summary()
    if trigger.kind == "drift":
        return now.drift()
    old = f"the champion is {age / timedelta(days=1):.1f} days old"
    if age > trigger.age:
        return True, f"{old}, more than {trigger.age / timedelta(days=1):g}"
    return False, f"{old}, not more than {trigger.age / timedelta(days=1):g}"
