"""Each trigger, met and not met, and the reason that is reported."""

from datetime import timedelta

import numpy as np
import pytest

from seqops.core.errors import ConfigError
from seqops.retraining.row_diff import RowDiff
from seqops.retraining.triggers import Trigger, TriggerContext, due

GROWN = RowDiff(2, 0, 0, np.ones(2, bool))
SAME = RowDiff(0, 0, 0, np.zeros(2, bool))
WEEK = timedelta(days=7)


def now(changes=SAME, age=timedelta(days=8), drift=False, unfinished=None):
    return TriggerContext(
        unfinished, changes, age, lambda: (drift, "the lengths moved" if drift else "no drift")
    )


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("always", Trigger("always")),
        ("new-data", Trigger("new-data")),
        ("drift", Trigger("drift")),
        ("age=7d", Trigger("age", WEEK)),
        ("age=1w", Trigger("age", WEEK)),
        ("age=36h", Trigger("age", timedelta(hours=36))),
        ("age=0.5d", Trigger("age", timedelta(hours=12))),
    ],
)
def test_a_trigger_is_parsed(text, trigger):
    assert Trigger.parse(text) == trigger


@pytest.mark.parametrize("text", ["", "never", "age", "age=", "age=7", "age=7m", "age=-1d", "age=7d."])
def test_an_unknown_trigger_is_refused_with_the_known_ones(text):
    with pytest.raises(ConfigError, match=r"use always, new-data, drift, or an age such as age=7d"):
        Trigger.parse(text)


@pytest.mark.parametrize(
    ("texts", "context", "found"),
    [
        (["always"], now(), (True, "the trigger is `always`")),
        (["new-data"], now(GROWN), (True, "rows: 2 added")),
        (["new-data"], now(), (False, "no row changed")),
        (["drift"], now(drift=True), (True, "the lengths moved")),
        (["drift"], now(GROWN), (False, "no drift")),
        (["age=7d"], now(), (True, "the champion is 8.0 days old, more than 7")),
        (["age=2w"], now(), (False, "the champion is 8.0 days old, not more than 14")),
        (["drift", "new-data"], now(GROWN), (True, "rows: 2 added")),
        (["drift", "new-data"], now(), (False, "no drift; no row changed")),
        (
            ["age=7d"],
            now(age=timedelta(hours=-1)),
            (False, "the champion is from the future: was the clock set back? Its age is unknown"),
        ),
        (["drift"], now(age=None), (True, "there is no champion yet")),
        (
            ["drift"],
            now(unfinished="it grew"),
            (True, "the last retraining was interrupted; its reason was: it grew"),
        ),
    ],
)
def test_a_retraining_is_due_if_one_trigger_is_met(texts, context, found):
    assert due([Trigger.parse(text) for text in texts], context) == found


def test_drift_is_not_measured_after_another_trigger_is_met():
    def never():
        raise AssertionError

    context = TriggerContext(None, GROWN, WEEK, never)
    assert due([Trigger("new-data"), Trigger("drift")], context)[0]
