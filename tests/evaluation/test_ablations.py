"""What a part of the model adds: the sentence of each outcome, and where it is shown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqops.core.records import Ablation
from seqops.evaluation.ablations import compare, summary
from seqops.evaluation.evaluate import BootstrapConfig, EvaluationResult
from seqops.evaluation.plotting import write_plots
from seqops.evaluation.report import write_page
from seqops.registry.model_card import card
from seqops.registry.publish import flat_scores
from toy import ToyData, ToyEndpoint, ToyMetrics, make_split

TRUTH = make_split(40, 0)


def predicted(right):
    """Predict the first `right` rows correctly."""
    odd = TRUTH.plain("odd")
    return pd.DataFrame({"odd": np.where(np.arange(40) < right, odd, 1 - odd)})


def compared(model, without):
    ablation = Ablation("counting alone", "the GRU", predicted(without))
    return compare(
        [ablation], predicted(model), ToyMetrics(ToyData()), TRUTH, {}, BootstrapConfig(400, 0, 0.05)
    )


@pytest.mark.parametrize(
    ("model", "without", "sentence"),
    [
        (30, 20, "The GRU improves on counting alone (accuracy 0.75 against 0.5, p = "),
        (21, 20, "The GRU adds nothing significant to counting alone (accuracy 0.525 against 0.5, p = "),
        (20, 30, "The GRU makes counting alone worse (accuracy 0.5 against 0.75, p = "),
        (30, 30, "The GRU adds nothing to counting alone: both have the same accuracy (0.75)."),
    ],
)
def test_the_sentence_says_what_the_part_adds(model, without, sentence):
    assert summary({"ablations": compared(model, without)}).startswith(sentence)


def test_the_sentence_has_the_p_value_of_the_outcome():
    better, worse = (compared(*right)["counting alone"] for right in ((30, 20), (20, 30)))
    assert better["summary"].endswith(f"p = {better['difference']['p_better']:.4g}).")
    assert worse["summary"].endswith(f"p = {worse['difference']['p_worse']:.4g}).")
    assert max(better["difference"]["p_better"], worse["difference"]["p_worse"]) < 0.05


def test_without_a_test_the_sentence_has_the_reason():
    class Path(ToyMetrics):
        """All rows depend on each other, as the steps of one forecast do."""

        def score(self, predicted, truth, meta):
            return [replace(super().score(predicted, truth, meta)[0], block=40)]

    ablation = Ablation("counting alone", "the GRU", predicted(20))
    found = compare([ablation], predicted(30), Path(ToyData()), TRUTH, {}, BootstrapConfig(400, 0, 0.05))
    sentence = found["counting alone"]["summary"]
    assert sentence.startswith("Whether the GRU improves on counting alone cannot be tested (accuracy 0.75")
    assert found["counting alone"]["difference"]["reason"] in sentence


def test_the_section_has_the_scores_and_the_difference():
    found = compared(30, 20)["counting alone"]
    assert found["part"] == "the GRU"
    assert found["scores"]["accuracy"]["value"] == 0.5
    assert found["difference"]["value"] == 0.25


def test_a_model_without_ablations_says_nothing():
    assert summary({"goal": "accuracy"}) == ""


SCORE = {"value": 0.75, "low": 0.6, "high": 0.86}
METRICS = {
    "task": "toy",
    "source": "sample",
    "n_test": 40,
    "goal": "accuracy",
    "higher_is_better": True,
    "sha256": {"data": "0" * 64},
    "verdict": "It ties.",
    "model": {"accuracy": SCORE},
    "baselines": {},
    "baseline_kinds": {},
    "against": {},
    "slices": {},
    "signatures": {"accuracy": "share correct"},
}


def test_report_card_and_run_show_the_ablation(tmp_path):
    section = compared(30, 20)
    metrics = {**METRICS, "ablations": section}
    write_plots(tmp_path / "plots", tmp_path / "data", [])
    write_page(tmp_path / "report.html", "toy", metrics, [], tmp_path / "plots", {})
    page = (tmp_path / "report.html").read_text("utf-8")
    assert '<td>counting alone</td>\n<td class="kind"><small>without the GRU</small></td>' in page
    assert f"{section['counting alone']['difference']['p_better']:.4f}" in page
    assert section["counting alone"]["summary"] in page
    assert f"**Ablation.** {summary(metrics)}" in card(ToyEndpoint(ToyData()), "toy", metrics, "test 40")
    assert flat_scores(metrics)["ablation/counting alone.accuracy"] == 0.5


def test_an_ablation_is_no_baseline():
    result = EvaluationResult.read({**METRICS, "ablations": compared(20, 30)}, 0.05)
    assert result.comparisons == []
    assert result.blocking_baselines("all") == []
