"""From artefacts on disk to versions: once for each content, judged by the rule, recorded."""

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from realm import BAD, BETTER, CHANCE, EVEN, GOOD, ROWS, RULE, predictions
from seqops.core.errors import DataError
from seqops.core.files import sha256_of
from seqops.registry import rescore, versions
from seqops.registry.promotion_rule import PromotionRule
from seqops.runtime.journal import Journal
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint


def test_the_first_good_model_is_champion_and_a_better_one_takes_its_place(realm):
    assert realm.make(GOOD).champion
    decision = realm.make(BETTER)
    assert (decision.action, decision.before, decision.after) == ("promoted", "1", "2")
    assert decision.numbers["difference"]["value"] == pytest.approx(0.2)
    assert decision.numbers["ours"] == 1.0
    assert decision.numbers["champion"] == 0.8
    assert (realm.champion, realm.challenger) == ("2", "2")
    assert realm.lines() == [("promoted", "1", None, "1"), ("promoted", "2", "1", "2")]
    assert realm.lines("intent") == realm.lines()
    tags = realm.tags("2")
    assert tags["seqops.former_champion"] == "1"
    assert (tags["seqops.decision"], tags["seqops.decision_by"]) == ("promoted", "rule")
    assert tags["seqops.decision_reason"] == decision.reason
    assert json.loads(tags["seqops.decision_numbers"]) == decision.numbers


def test_a_worse_model_is_registered_as_challenger_and_kept_out(realm):
    realm.make(BETTER)
    decision = realm.make(GOOD)
    assert (decision.action, decision.before, decision.after) == ("kept", "1", "1")
    assert (realm.champion, realm.challenger) == ("1", "2")
    assert realm.lines() == [("promoted", "1", None, "1"), ("kept", "2", "1", "1")]
    assert realm.tags("2")["seqops.decision"] == "kept"


def test_an_equal_model_of_other_weights_is_kept_out(realm):
    realm.make(GOOD)
    realm.write(GOOD).folder.weights.write_bytes(b"others")
    realm.rehash()
    decision = realm.publish()
    assert (decision.version, decision.action) == ("2", "kept")
    assert "the difference is +0 [+0, +0], p 1" in decision.reason


def test_a_better_model_that_is_worse_on_a_slice_is_kept_out(realm):
    # the champion has half of the first forty rows and all of the last twenty
    realm.make([*range(0, 40, 2), *range(40, ROWS)])
    decision = realm.make(sorted(set(BETTER) - {41, 43, 45, 47, 49}))
    assert decision.numbers["difference"]["value"] == pytest.approx((20 - 5) / ROWS)
    assert decision.numbers["difference"]["p_better"] < 0.05
    assert decision.action == "kept"
    assert "worse on the slice 'last' (20 rows): -0.25 [" in decision.reason
    assert realm.publish(PromotionRule(CHANCE, slice_alpha=0.0, unscorable="keep")).action == "promoted"


def test_a_model_that_loses_to_a_trivial_baseline_is_never_champion(realm):
    decision = realm.make(BAD)
    assert decision.action == "kept"
    assert "always even" in decision.reason
    assert realm.champion is None
    assert realm.challenger == "1"
    assert realm.lines() == [("kept", "1", None, None)]


def test_publishing_twice_changes_nothing(realm):
    realm.make(GOOD)
    realm.make(GOOD)
    realm.make(BAD)
    realm.publish()
    run = realm.client.get_model_version(realm.model, "1").run_id
    assert len(realm.client.get_metric_history(run, "test/accuracy")) == 1
    assert len(versions.versions(realm.client, realm.model)) == 2
    assert realm.lines() == [("promoted", "1", None, "1"), ("kept", "2", "1", "1")]


def test_publishing_the_champion_says_that_it_is(realm):
    realm.make(GOOD)
    assert realm.publish().reason == "it is the champion"
    assert realm.publish().champion


def test_a_bundle_that_a_death_left_without_a_version_is_forgotten(realm):
    realm.write(GOOD)
    fingerprint = Fingerprint.compute(realm.store, realm.task)
    run = mlflow_runs.find_training_run(realm.store, realm.task, fingerprint, sha256_of(realm.folder.weights))
    experiment = realm.client.get_run(run.run_id).info.experiment_id
    realm.client.create_logged_model(experiment, name="model", source_run_id=run.run_id)
    assert realm.publish().champion
    assert list(realm.client.search_logged_models([experiment])) == []


def test_after_a_lost_store_the_artefacts_on_disk_are_published_anew(realm):
    realm.make(GOOD)
    realm.forget()
    assert realm.champion is None
    assert realm.publish().champion
    assert realm.champion == "1"
    tags = realm.tags("1")
    assert tags["seqops.rows"] == "test 60, train 60, validation 20"
    assert realm.lines() == [("promoted", "1", None, "1")] * 2


def test_scores_of_other_weights_are_not_published(realm):
    realm.write(GOOD).folder.weights.write_bytes(b"trained anew")
    with pytest.raises(DataError, match="other weights or other data than those on disk"):
        realm.publish()
    assert versions.versions(realm.client, realm.model) == []


def version_that_predicts(right):
    """Stand for a running version: it was taught on other data, and encodes the present table by that."""

    def predict_split(table, split):
        assert list(pd.read_parquet(table)["data"]) == [1]
        return right

    return SimpleNamespace(predict_split=predict_split)


@pytest.fixture
def truth(realm):
    return realm.task.data.split_and_encode(None)[0]["test"]


@pytest.fixture
def loads(monkeypatch):
    """Run what a test puts here, in place of a bundle."""
    found = {}

    @contextmanager
    def running(client, version):
        value = found[str(version.version)]
        if isinstance(value, Exception):
            raise value
        yield value

    monkeypatch.setattr(rescore, "running", running)
    return found


def test_where_the_data_changed_the_champion_is_scored_anew_on_the_present_rows(realm, truth, loads):
    realm.make(BETTER)
    # on the present rows the former champion has half, whatever it had on its own
    loads["1"] = version_that_predicts(predictions(truth, EVEN))
    decision = realm.make(GOOD, data=1)
    assert decision.numbers["champion"] == 0.5
    assert decision.numbers["ours"] == 0.8
    assert decision.before == "1"


def test_a_champion_of_other_data_falls_to_a_better_version(realm, truth, loads):
    realm.make(BETTER)
    loads["1"] = version_that_predicts(predictions(truth, EVEN))
    assert realm.make(BETTER, data=1).action == "promoted"
    assert realm.champion == "2"


@pytest.mark.parametrize(
    ("bundle", "why"),
    [
        (ValueError("weights of this bundle is not the file that was registered"), "is not the file"),
        (version_that_predicts(pd.DataFrame({"odd": [1, 0]})), "it predicts 2 rows, expected 60"),
        (version_that_predicts(pd.DataFrame({"other": [0] * ROWS})), "odd"),
        (SimpleNamespace(), "predict_split"),
    ],
)
def test_a_champion_that_cannot_be_scored_stays(realm, loads, bundle, why):
    realm.make(GOOD)
    loads["1"] = bundle
    decision = realm.make(BETTER, data=1)
    assert decision.action == "kept"
    assert "version 1 stays champion" in decision.reason
    assert why in decision.reason
    assert decision.numbers["unscored"].startswith("version 1: ")
    assert realm.champion == "1"


def test_a_champion_that_cannot_be_scored_is_replaced_where_the_rule_says_so(realm, loads):
    realm.make(GOOD)
    loads["1"] = ValueError("its library is gone")
    replacing = replace(RULE, unscorable="replace")
    decision = realm.write(BETTER, data=1).publish(replacing)
    assert decision.action == "promoted" and realm.champion == "2"
    assert "could not be scored (version 1: its library is gone)" in decision.reason
    assert realm.write(BAD, data=2).publish(replacing).action == "kept"


@pytest.mark.parametrize("harm", ["lost", "altered"])
def test_where_stored_predictions_are_lost_or_altered_the_bundle_predicts(realm, truth, loads, harm):
    realm.make(GOOD)
    run = realm.client.get_run(realm.client.get_model_version(realm.model, "1").run_id)
    stored = realm.artifact(run, "predictions.parquet")
    if harm == "lost":
        stored.unlink()
    else:
        predictions(truth, BETTER).to_parquet(stored)
    loads["1"] = ValueError("asked for the bundle")
    assert "asked for the bundle" in realm.make(BETTER).reason


def test_a_champion_whose_run_is_gone_is_asked_for_its_bundle(realm, loads):
    realm.make(GOOD)
    run = realm.client.get_run(realm.client.get_model_version(realm.model, "1").run_id)
    shutil.rmtree(realm.artifact(run, ""))
    loads["1"] = ValueError("asked for the bundle")
    assert "asked for the bundle" in realm.make(BETTER).reason


def test_the_card_tells_use_limits_data_scores_baselines_and_slices(realm):
    realm.make(BETTER)
    card = realm.client.get_model_version(realm.model, "1").description
    endpoint = realm.task.endpoint()
    assert f"**Intended use.** {endpoint.intended_use}" in card
    assert f"**Limits.** {endpoint.limits}" in card
    sha256 = realm.folder.data_sha256()[:12]
    assert f"Source: sample; rows: test 60, train 60, validation 20; sha256 {sha256}" in card
    assert "| accuracy | 1 | [1, 1] |" in card
    assert "| always even | trivial | 0.5 |" in card
    assert "| first | 40 | 1 | [1, 1] |" in card
    assert f'load_model("models:/{realm.model}@champion")' in card
    whole = realm.client.get_registered_model(realm.model)
    assert whole.description == f"{realm.task.name}: {endpoint.intended_use}"


def test_numbers_too_long_for_a_tag_leave_the_slices_to_the_ledger(realm):
    realm.make(GOOD)
    names = [f"slice number {i}" for i in range(60)]
    masks = dict.fromkeys(names, realm.task.evaluation().slices(BETTER, {})["first"])
    type(realm.task.evaluation()).slices = lambda self, truth, meta: masks
    realm.make(BETTER)
    brief = json.loads(realm.tags("2")["seqops.decision_numbers"])
    assert "slices" not in brief
    assert brief["difference"]["value"] == pytest.approx(0.2)
    assert len(Journal.open(realm.store).entries()[-1]["numbers"]["slices"]) == 60
    assert len(realm.client.get_model_version(realm.model, "2").description) <= versions.MAX_DESCRIPTION


def test_the_level_of_the_rule_is_the_level_of_the_record(realm):
    decision = realm.make(GOOD)
    assert (
        decision.numbers["rule"]
        == RULE.to_json()
        == {
            "alpha": 0.05,
            "slice_alpha": 0.05,
            "resamples": 400,
            "seed": 0,
            "unscorable": "keep",
        }
    )
