"""Scores over seeds: the section of evaluation.json, the line of the terminal, and the rows of the tables."""

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from seqops.core.predictors import ClassicalModel
from seqops.core.repeats import repeats_of
from seqops.core.settings import FitConfig
from seqops.evaluation.seeds import HEAD, over_seeds, rows_of, summary
from seqops.registry.model_card import card
from toy import FIT_CONFIG, ToyData, ToyEndpoint, ToyMetrics, make_split, toy_task

TRUTH = make_split(40, 0)

SCORES = {
    "goal": "accuracy",
    "task": "toy",
    "source": "sample",
    "sha256": {"data": "0" * 64},
    "verdict": "It ties.",
    "model": {"accuracy": {"value": 0.5, "low": 0.3, "high": 0.7, "units": 40}},
    "baselines": {},
    "baseline_kinds": {},
    "against": {},
    "slices": {},
}


def predicted(right):
    odd = TRUTH.plain("odd")
    return pd.DataFrame({"odd": np.where(np.arange(40) < right, odd, 1 - odd)})


def metrics():
    found = over_seeds(
        ToyMetrics(ToyData()), {5: predicted(20), 6: predicted(24), 7: predicted(28)}, TRUTH, {}
    )
    return {"goal": "accuracy", "seeds": found}


def test_the_section_has_the_seeds_and_the_figures_of_every_score():
    found = metrics()["seeds"]
    assert found["seeds"] == [5, 6, 7]
    assert set(found["scores"]) == {"accuracy"}
    assert found["scores"]["accuracy"]["values"] == [0.5, 0.6, 0.7]


def test_one_line_says_how_much_the_goal_depends_on_the_seed():
    text = "Over 3 seeds: accuracy 0.6 (0.5 to 0.7), 95 % interval over seeds and rows [0.3994, 0.8006]."
    assert summary(metrics()) == text
    assert summary({"goal": "accuracy"}) == ""


def test_without_an_interval_the_line_has_the_reason():
    few = over_seeds(
        ToyMetrics(ToyData()),
        {0: predicted(9).head(12), 1: predicted(6).head(12)},
        TRUTH.take(np.arange(12)),
        {},
    )
    text = "Over 2 seeds: accuracy 0.625 (0.5 to 0.75), 95 % interval over seeds and rows (n = 12)."
    assert summary({"goal": "accuracy", "seeds": few}) == text


def test_a_row_has_each_seed_mean_range_deviation_and_interval():
    assert rows_of(metrics()) == [
        ("accuracy", "0.5, 0.6, 0.7", "0.6", "0.5 to 0.7", "0.1", "[0.3994, 0.8006]")
    ]
    assert len(HEAD) == 6
    assert rows_of({"goal": "accuracy"}) == []


def test_the_model_card_shows_the_seeds_if_there_are_several():
    endpoint = ToyEndpoint(ToyData())
    text = card(endpoint, "toy", {**SCORES, **metrics()}, "test 40")
    assert "**Seeds.** Over 3 seeds: accuracy 0.6 (0.5 to 0.7)" in text
    assert "| accuracy | 0.5, 0.6, 0.7 | 0.6 | 0.5 to 0.7 | 0.1 | [0.3994, 0.8006] |" in text
    assert "eeds" not in card(endpoint, "toy", SCORES, "test 40")


def test_the_model_card_names_the_pretrained_weights_and_the_adapter():
    adapter = {"kind": "lora", "rank": 4, "targets": ["query", "value"]}
    settings = {"model.kind": "encoder", **{f"fit.adapter.{key}": value for key, value in adapter.items()}}
    given = (ToyEndpoint(ToyData()), "toy-sample", {**SCORES, "settings": settings}, "test 40")
    text = card(*given, pretrained={"name": "tiny", "sha256": "ab12"})
    assert "**Base.** tiny, sha256 ab12, tuned by lora of rank 4 in query, value, merged." in text
    assert "**Base.**" not in card(*given)
    plain = {**SCORES, "settings": {"model.kind": "dense"}}
    text = card(*given[:2], plain, "test 40", pretrained={"name": "m3.weights.h5", "sha256": "ab12"})
    assert "**Base.** m3.weights.h5, sha256 ab12, all tuned." in text


def test_the_model_card_names_the_layers_that_were_tuned():
    stages = [{"layers": ["head"]}, {"layers": ["top", "head"]}]
    settings = {**SCORES, "settings": {"model.kind": "backbone", "fit.stages": stages}}
    given = (ToyEndpoint(ToyData()), "toy-sample", settings, "test 40")
    base = {"name": "tiny", "sha256": "ab12"}
    assert "sha256 ab12, tuned in head, then top, head." in card(*given, pretrained=base)
    stages.append({})
    assert "sha256 ab12, all tuned." in card(*given, pretrained=base)


def test_the_model_card_names_the_kind_and_the_settings():
    settings = {"settings": {"model.kind": "gru", "fit.epochs": 4}}
    text = card(ToyEndpoint(ToyData()), "toy-sample", {**SCORES, **settings}, "test 40")
    assert "**Model.** Kind: gru." in text
    assert text.endswith("| setting | value |\n| --- | --- |\n| model.kind | gru |\n| fit.epochs | 4 |")


@pytest.mark.parametrize(("mixture", "kind"), [("none", "gru"), ("kneser_ney", "gru, mixed with kneser_ney")])
def test_the_model_card_names_both_parts_of_a_mixture(mixture, kind):
    settings = {"settings": {"model.kind": "gru", "model.mixture": mixture}}
    text = card(ToyEndpoint(ToyData()), "toy-sample", {**SCORES, **settings}, "test 40")
    assert f"**Model.** Kind: {kind}." in text


def test_repeats_differ_from_the_task_in_the_seed_alone():
    section = {"source": "sample", "data": {}, "model": {}, "fit": {"seed": 5, "epochs": 4}}
    task = toy_task("toy", ToyData(), section=section)
    assert repeats_of(task, 1) == []
    six, seven = repeats_of(task, 3)
    assert (six.fit_config.seed, seven.fit_config.seed) == (6, 7)
    assert seven.section == {**section, "fit": {"seed": 7, "epochs": 4}}
    assert FitConfig(**{**vars(seven.fit_config), "seed": 5}) == FIT_CONFIG == task.fit_config


def test_a_model_without_a_seed_is_not_repeated():
    section = {"source": "sample", "data": {}, "model": {}, "fit": {"seed": 5}}
    task = toy_task("toy", ToyData(), section=section)
    assert repeats_of(replace(task, network=lambda: Mock(spec=ClassicalModel)), 3) == []
