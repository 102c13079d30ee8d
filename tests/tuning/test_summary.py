"""What decided a study, in the words of the terminal and the page."""

from types import SimpleNamespace

import numpy as np
import optuna

from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.metrics.paired_tests import Difference
from seqops.tuning.decision import Comparison
from seqops.tuning.finalists import Finalist
from seqops.tuning.holdout import Holdout
from seqops.tuning.report import write_page
from seqops.tuning.summary import summarize

PRESENT = Finalist("current values", {"model.units": 8}, None, (1.0, 1.2, 1.1))
TRUTH = Split({"row": np.arange(40)})
ROWS = Difference(0.5, 0.3, 0.7, 0.001, 0.999, 30)


def other(comparison):
    return Finalist("trial 3", {"model.units": 9}, 1.5, (1.5, 1.6, 1.7), (), comparison)


def summary(*finalists, held_out=True):
    session = SimpleNamespace(
        task=SimpleNamespace(
            name="ner",
            metrics=lambda: SimpleNamespace(goal=Goal("f1", True)),
            fit_config=SimpleNamespace(validation_rows=100),
        ),
        tuning=SimpleNamespace(finalist_seeds=3),
        holdout=Holdout(TRUTH, TRUTH if held_out else None, "Some <rows> decide."),
    )
    return summarize(session, [PRESENT, *finalists])


def test_a_winner_is_shown_with_its_improvement():
    found = summary(other(Comparison(ROWS, 0.001, 0.002, 0.003, 0.009)))
    assert found.title == "f1 on the held-out validation rows over 3 other seeds"
    assert found.rows_used == "Some <rows> decide."
    assert found.table == [
        ("current values", "units 8", "", "1.1000", "0.1000", "", "", "replaced"),
        ("trial 3", "units 9", "1.5000", "1.6000", "0.1000", "0.5000 [0.3000, 0.7000]", "0.009", "winner"),
    ]
    assert found.outcome == (
        "trial 3 of ner is significantly better than the present values on the held-out rows."
    )


def test_a_finalist_that_is_not_better_or_not_tested_is_shown_as_such():
    assert summary(other(Comparison(ROWS, p=0.0004))).table[1][-2] == "< 0.001"
    found = summary(other(Comparison(ROWS, 0.1, 0.2, 0.3, 0.9)))
    assert found.table[0][-1] == "stays"
    assert found.table[1][-2:] == ("0.900", "not significantly better")
    assert found.outcome == "no trial of ner is significantly better than its values on the held-out rows."
    assert summary().outcome == "no trial of ner with other values is among the finalists."
    found = summary(other(Comparison(None, reason="1 of 3 fits of these values failed")))
    assert found.table[1][-3:] == ("", "", "not tested: 1 of 3 fits of these values failed")


def test_without_held_out_rows_the_summary_says_so():
    found = summary(other(Comparison(None, reason="no rows are held out")), held_out=False)
    assert found.title == "f1 on the selection validation rows over 3 other seeds"
    assert found.outcome == "no trial of ner can replace its values, because no validation rows are held out."


def test_the_page_shows_the_decision(tmp_path):
    path = tmp_path / "study.html"
    found = summary(other(Comparison(ROWS, 0.001, 0.002, 0.003, 0.009)))
    write_page(optuna.create_study(study_name="ner"), path, found)
    text = path.read_text("utf-8")
    assert "Some &lt;rows&gt; decide." in text
    assert "<p>Trial 3 of ner is significantly better" in text
    assert "<td>0.5000 [0.3000, 0.7000]</td>" in text
