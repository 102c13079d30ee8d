"""Publishing artefacts on disk as versions: once per content, judged by the promotion rule, recorded."""

import json
import math
import shutil
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from seqops.core.errors import DataError
from seqops.core.files import sha256_of
from seqops.registry import rescore, versions
from seqops.runtime.journal import Journal
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint
from toy_registry import BAD, BETTER, EVEN, GOOD, ROWS, RULE, ParityData, add_perfect_baseline, predictions


def test_the_first_good_model_is_champion_and_a_better_one_replaces_it(toy):
    assert toy.make(GOOD).champion
    decision = toy.make(BETTER)
    assert (decision.action, decision.before, decision.after) == ("promoted", "1", "2")
    assert decision.numbers["difference"]["value"] == pytest.approx(0.2)
    assert decision.numbers["ours"] == 1.0
    assert decision.numbers["champion"] == 0.8
    assert (toy.champion, toy.challenger) == ("2", "2")
    assert toy.decisions() == [("promoted", "1", None, "1"), ("promoted", "2", "1", "2")]
    assert toy.decisions("intent") == toy.decisions()
    tags = toy.tags("2")
    assert tags["seqops.former_champion"] == "1"
    assert (tags["seqops.decision"], tags["seqops.decision_by"]) == ("promoted", "rule")
    assert tags["seqops.decision_reason"] == decision.reason
    assert decision.numbers["test_rows"]["rows"] == ROWS
    assert json.loads(tags["seqops.decision_numbers"]) == {
        key: value for key, value in decision.numbers.items() if key != "test_rows"
    }


def test_a_worse_model_is_registered_as_challenger_and_not_promoted(toy):
    toy.make(BETTER)
    decision = toy.make(GOOD)
    assert (decision.action, decision.before, decision.after) == ("kept", "1", "1")
    assert (toy.champion, toy.challenger) == ("1", "2")
    assert toy.decisions() == [("promoted", "1", None, "1"), ("kept", "2", "1", "1")]
    assert toy.tags("2")["seqops.decision"] == "kept"


def test_an_equal_model_with_other_weights_is_not_promoted(toy):
    toy.make(GOOD)
    toy.write(GOOD).folder.weights.write_bytes(b"others")
    toy.rehash()
    decision = toy.publish()
    assert (decision.version, decision.action) == ("2", "kept")
    assert "the difference is +0 [+0, +0], p 1, not p < 0.0304 (comparison 1 on" in decision.reason


def test_a_better_model_that_is_worse_on_a_slice_is_not_promoted(toy):
    # the champion is correct on half of the first forty rows and on all of the last twenty
    toy.make([*range(0, 40, 2), *range(40, ROWS)])
    decision = toy.make(sorted(set(BETTER) - {41, 43, 45, 47, 49, 51, 53}))
    assert decision.numbers["difference"]["value"] == pytest.approx((20 - 7) / ROWS)
    assert decision.numbers["difference"]["p_better"] < 0.05
    assert decision.action == "kept"
    assert "worse on the slice 'last' (20 rows): -0.35 [" in decision.reason
    assert toy.publish(replace(RULE, slice_alpha=0.0)).action == "promoted"


def test_a_model_that_loses_to_a_trivial_baseline_is_not_promoted(toy):
    decision = toy.make(BAD)
    assert decision.action == "kept"
    assert "always even" in decision.reason
    assert toy.champion is None
    assert toy.challenger == "1"
    assert toy.decisions() == [("kept", "1", None, None)]


def test_publishing_twice_changes_nothing(toy):
    toy.make(GOOD)
    toy.make(GOOD)
    toy.make(BAD)
    toy.publish()
    run = toy.client.get_model_version(toy.model, "1").run_id
    assert len(toy.client.get_metric_history(run, "test/accuracy")) == 1
    assert len(versions.versions(toy.client, toy.model)) == 2
    assert toy.decisions() == [("promoted", "1", None, "1"), ("kept", "2", "1", "1")]


def test_publishing_the_champion_again_reports_that_it_is_champion(toy):
    toy.make(GOOD)
    assert toy.publish().reason == "it is the champion"
    assert toy.publish().champion


def test_a_bundle_left_without_a_version_by_a_crash_is_deleted(toy):
    toy.write(GOOD)
    fingerprint = Fingerprint.compute(toy.project, toy.task)
    run = mlflow_runs.find_training_run(toy.project, toy.task, fingerprint, sha256_of(toy.folder.weights))
    experiment = toy.client.get_run(run.run_id).info.experiment_id
    toy.client.create_logged_model(experiment, name="model", source_run_id=run.run_id)
    assert toy.publish().champion
    assert list(toy.client.search_logged_models([experiment])) == []


def test_after_the_store_is_lost_the_artefacts_on_disk_are_published_again(toy):
    toy.make(GOOD)
    toy.delete_all()
    assert toy.champion is None
    assert toy.publish().champion
    assert toy.champion == "1"
    tags = toy.tags("1")
    assert tags["seqops.rows"] == "test 60, train 60, validation 20"
    assert toy.decisions() == [("promoted", "1", None, "1")] * 2


def test_scores_of_other_weights_are_not_published(toy):
    toy.write(GOOD).folder.weights.write_bytes(b"retrained")
    with pytest.raises(DataError, match="other weights or other data than those on disk"):
        toy.publish()
    assert versions.versions(toy.client, toy.model) == []


def version_that_predicts(correct):
    """Return a stand-in for a running version that was trained on other data."""

    def predict_split(table, split):
        assert list(pd.read_parquet(table)["data"]) == [1]
        return correct

    return SimpleNamespace(predict_split=predict_split)


@pytest.fixture
def truth(toy):
    return toy.task.data.split_and_encode(None)[0]["test"]


@pytest.fixture
def stand_ins(monkeypatch):
    """Maps a version number to the stand-in that replaces its bundle."""
    found = {}

    @contextmanager
    def running(client, version):
        value = found[str(version.version)]
        if isinstance(value, Exception):
            raise value
        yield value

    monkeypatch.setattr(rescore, "running", running)
    return found


def test_when_the_data_changed_the_champion_is_scored_again_on_the_current_rows(toy, truth, stand_ins):
    toy.make(BETTER)
    # on the current rows the champion scores 0.5, whatever it scored on its own
    stand_ins["1"] = version_that_predicts(predictions(truth, EVEN))
    decision = toy.make(GOOD, data=1)
    assert decision.numbers["champion"] == 0.5
    assert decision.numbers["ours"] == 0.8
    assert decision.before == "1"


def test_a_champion_of_other_data_is_replaced_by_a_better_version(toy, truth, stand_ins):
    toy.make(BETTER)
    stand_ins["1"] = version_that_predicts(predictions(truth, EVEN))
    assert toy.make(BETTER, data=1).action == "promoted"
    assert toy.champion == "2"


def make_champion_fitted_to(toy, rows):
    """Publish a version that was trained on these of the current test rows, which it predicts correctly."""
    type(toy.task.data).fitted = rows
    toy.make(GOOD)
    type(toy.task.data).fitted = range(0)


def test_test_rows_that_the_champion_was_trained_on_are_left_out_of_the_comparison(toy, truth, stand_ins):
    make_champion_fitted_to(toy, range(40))
    stand_ins["1"] = version_that_predicts(predictions(truth, {*range(40), *EVEN}))
    fair = sorted(set(BETTER) - set(range(1, 17, 2)))
    decision = toy.make(fair, data=1)
    assert decision.action == "promoted"
    assert "+0.5 [" in decision.reason
    assert (
        "on the 20 of 60 test rows that neither was trained on, p < 0.0304 (comparison 1" in decision.reason
    )
    assert (decision.numbers["ours"], decision.numbers["champion"]) == (1.0, 0.5)
    assert (decision.numbers["rows"], decision.numbers["seen_rows"]) == (60, 40)
    assert [part["name"] for part in decision.numbers["slices"]] == ["last"]


def test_a_champion_trained_on_every_test_row_cannot_be_scored(toy, truth, stand_ins):
    make_champion_fitted_to(toy, BETTER)
    stand_ins["1"] = version_that_predicts(predictions(truth, BETTER))
    decision = toy.make(GOOD, data=1)
    assert decision.action == "kept"
    assert "version 1: it was trained on every current test row" in decision.reason


def test_a_champion_that_does_not_tell_its_training_rows_cannot_be_scored(toy, truth, stand_ins):
    toy.make(GOOD)
    stand_ins["1"] = version_that_predicts(predictions(truth, EVEN))
    run = toy.client.get_run(toy.client.get_model_version(toy.model, "1").run_id)
    toy.artifact(run, "model/artifacts/fitted_keys.npy").unlink()
    decision = toy.make(BETTER, data=1)
    assert decision.action == "kept"
    assert "registered without the keys of its training rows" in decision.reason


@pytest.mark.parametrize(
    ("bundle", "why"),
    [
        (ValueError("weights of this bundle is not the file that was registered"), "is not the file"),
        (version_that_predicts(pd.DataFrame({"odd": [1, 0]})), "it predicts 2 rows, expected 60"),
        (version_that_predicts(pd.DataFrame({"other": [0] * ROWS})), "odd"),
        (SimpleNamespace(), "predict_split"),
    ],
)
def test_a_champion_that_cannot_be_scored_stays_champion(toy, stand_ins, bundle, why):
    toy.make(GOOD)
    stand_ins["1"] = bundle
    decision = toy.make(BETTER, data=1)
    assert decision.action == "kept"
    assert "version 1 stays champion" in decision.reason
    assert why in decision.reason
    assert decision.numbers["unscored"].startswith("version 1: ")
    assert toy.champion == "1"


def test_a_champion_that_cannot_be_scored_is_replaced_if_the_rule_allows_it(toy, stand_ins):
    toy.make(GOOD)
    stand_ins["1"] = ValueError("its library is gone")
    replacing = replace(RULE, unscorable="replace")
    decision = toy.write(BETTER, data=1).publish(replacing)
    assert decision.action == "promoted" and toy.champion == "2"
    assert "could not be scored (version 1: its library is gone)" in decision.reason
    assert toy.write(BAD, data=2).publish(replacing).action == "kept"


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_when_stored_predictions_are_missing_or_altered_the_bundle_predicts(toy, truth, stand_ins, damage):
    toy.make(GOOD)
    run = toy.client.get_run(toy.client.get_model_version(toy.model, "1").run_id)
    stored = toy.artifact(run, "predictions.parquet")
    if damage == "missing":
        stored.unlink()
    else:
        predictions(truth, BETTER).to_parquet(stored)
    stand_ins["1"] = ValueError("the bundle was loaded")
    assert "the bundle was loaded" in toy.make(BETTER).reason


def test_a_champion_whose_run_is_gone_predicts_from_its_bundle(toy, stand_ins):
    toy.make(GOOD)
    run = toy.client.get_run(toy.client.get_model_version(toy.model, "1").run_id)
    shutil.rmtree(toy.artifact(run, ""))
    stand_ins["1"] = ValueError("the bundle was loaded")
    assert "the bundle was loaded" in toy.make(BETTER).reason


def test_the_model_card_lists_use_limits_data_scores_baselines_and_slices(toy):
    toy.make(BETTER)
    card = toy.client.get_model_version(toy.model, "1").description
    endpoint = toy.task.endpoint()
    assert f"**Intended use.** {endpoint.intended_use}" in card
    assert f"**Limits.** {endpoint.limits}" in card
    sha256 = toy.folder.data_sha256()[:12]
    assert f"Source: sample; rows: test 60, train 60, validation 20; sha256 {sha256}" in card
    assert "| accuracy | 1 | [1, 1] |" in card
    assert "| always even | trivial | 0.5 |" in card
    assert "| first | 40 | 1 | [1, 1] |" in card
    assert f'load_model("models:/{toy.model}@champion")' in card
    whole = toy.client.get_registered_model(toy.model)
    assert whole.description == f"{toy.task.name}: {endpoint.intended_use}"


def test_a_better_classical_baseline_is_on_the_card_and_in_a_tag(toy):
    add_perfect_baseline(toy)
    assert toy.make(GOOD).champion
    line = "By accuracy, a classical method is better than this model (0.8): perfect (1)."
    assert toy.tags("1")["seqops.better_baseline"] == line
    card = toy.client.get_model_version(toy.model, "1").description
    assert f"**Better without a network.** {line}" in card
    toy.make(BETTER)
    assert toy.tags("2")["seqops.better_baseline"] == ""
    assert "Better without" not in toy.client.get_model_version(toy.model, "2").description


def test_the_gate_refuses_a_version_that_a_classical_baseline_beats(toy):
    add_perfect_baseline(toy)
    decision = toy.write(GOOD).publish(replace(RULE, gate="not_worse"))
    assert decision.action == "kept" and toy.champion is None
    assert "it is worse than the classical baseline perfect (-0.2 [" in decision.reason


def comparison(decision):
    return decision.numbers["comparison_number"], decision.numbers["level"]


FIRST, SECOND, THIRD = (0.05 * 6 / (math.pi * k) ** 2 for k in (1, 2, 3))
SIMILAR = [sorted({*GOOD} - {n}) for n in (30, 32, 34)]  # three models that are hardly worse than GOOD


def test_each_comparison_on_the_same_test_rows_has_a_smaller_level(toy):
    assert "comparison_number" not in toy.make(GOOD).numbers
    assert comparison(toy.make(SIMILAR[0])) == (1, pytest.approx(FIRST))
    assert comparison(toy.make(SIMILAR[1])) == (2, pytest.approx(SECOND))
    assert comparison(toy.make(SIMILAR[2])) == (3, pytest.approx(THIRD))


def test_the_same_version_compared_twice_is_one_comparison(toy):
    toy.make(GOOD)
    first = toy.make(SIMILAR[0])
    toy.make(SIMILAR[1])
    again = toy.make(SIMILAR[0])
    assert comparison(again) == comparison(first) == (1, pytest.approx(FIRST))
    assert comparison(toy.make(SIMILAR[2])) == (3, pytest.approx(THIRD))


@pytest.mark.parametrize(("kept", "number"), [(57, 2), (15, 2), (3, 1), (0, 1)])
def test_the_levels_begin_again_when_hardly_a_test_row_was_compared_before(
    toy, truth, stand_ins, kept, number
):
    """Of sixty rows, `kept` are in the later test split, too."""
    later = [*ParityData.contents[:kept], *(f"new row {n}" for n in range(ROWS - kept))]
    stand_ins["1"] = version_that_predicts(predictions(truth, GOOD))
    toy.make(GOOD)
    toy.make(SIMILAR[0])
    level = SECOND if number == 2 else FIRST
    assert comparison(toy.make(SIMILAR[1], data=1, contents=later)) == (number, pytest.approx(level))


def test_rows_left_out_of_a_comparison_do_not_count_as_compared(toy, truth, stand_ins):
    make_champion_fitted_to(toy, range(40))
    stand_ins["1"] = version_that_predicts(predictions(truth, GOOD))
    toy.make(GOOD, data=1)
    toy.make(SIMILAR[0], data=1)
    assert toy.tags("3")["seqops.decision_numbers"]
    entries = Journal.open(toy.project).entries()
    assert [e["numbers"]["test_rows"]["rows"] for e in entries if "test_rows" in e["numbers"]] == [20, 20]


def test_after_many_comparisons_a_better_version_needs_more_evidence(toy):
    """Six more rows of sixty: p is about 0.01, which is enough for a first comparison only."""
    better = sorted({*GOOD} | {1, 3, 5, 7, 9, 11})
    toy.make(GOOD)
    for other in SIMILAR:
        toy.make(other)
    decision = toy.make(better)
    assert 0 < decision.numbers["difference"]["p_better"] < FIRST
    assert decision.action == "kept"
    assert "not p < 0.0019 (comparison 4 on these test rows)" in decision.reason


def test_numbers_too_long_for_a_tag_keep_the_slices_in_the_journal_only(toy):
    toy.make(GOOD)
    names = [f"slice number {i}" for i in range(60)]
    masks = dict.fromkeys(names, toy.task.evaluation().slices(BETTER, {})["first"])
    type(toy.task.evaluation()).slices = lambda self, truth, meta: masks
    toy.make(BETTER)
    brief = json.loads(toy.tags("2")["seqops.decision_numbers"])
    assert "slices" not in brief
    assert brief["difference"]["value"] == pytest.approx(0.2)
    assert len(Journal.open(toy.project).entries()[-1]["numbers"]["slices"]) == 60
    assert len(toy.client.get_model_version(toy.model, "2").description) <= versions.MAX_DESCRIPTION


def test_the_parameters_of_the_rule_are_recorded(toy):
    decision = toy.make(GOOD)
    assert (
        decision.numbers["rule"]
        == RULE.to_json()
        == {
            "alpha": 0.05,
            "slice_alpha": 0.05,
            "resamples": 400,
            "seed": 0,
            "unscorable": "keep",
            "untrained": "refuse",
            "gate": "trivial",
        }
    )
