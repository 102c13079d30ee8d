"""The hypotheses that the report of translation lists."""

import pandas as pd

from seqops.core.ragged import Ragged, Split
from seqops.tasks.translation.evaluation.plots import hypotheses

SOURCES = ["I sing.", "Yes.", "No.", "Go!"]
TRUTH = Split({"source_text": Ragged.from_texts(SOURCES)})


def test_the_hypotheses_of_the_first_rows_are_listed_best_first():
    predicted = pd.DataFrame({"nbest": [["Canto.", "Cantas."]] * 4, "nbest_scores": [[-0.5, -1.25]] * 4})
    found = hypotheses(predicted, TRUTH)
    assert found.to_numpy().tolist() == [
        ["I sing.", 1, "Canto.", -0.5],
        ["", 2, "Cantas.", -1.25],
        ["Yes.", 1, "Canto.", -0.5],
        ["", 2, "Cantas.", -1.25],
        ["No.", 1, "Canto.", -0.5],
        ["", 2, "Cantas.", -1.25],
    ]


def test_a_model_without_alternatives_has_no_table():
    predicted = pd.DataFrame({"nbest": [["Canto."]] * 4, "nbest_scores": [[-0.5]] * 4})
    assert not len(hypotheses(predicted, TRUTH).columns)
