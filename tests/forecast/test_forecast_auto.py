"""Lengths that are `auto`: derived by hand-worked rules, fitting every series, and steady as it grows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from series import automatic, months, table, task, write_csv

from parts import endpoint_of
from seqops.core.errors import ConfigError, DataError
from seqops.core.yaml_file import Document
from seqops.tasks.forecast.data.derived import LENGTHS, PositiveOrAuto, derived, season_of
from seqops.tasks.forecast.data.lengths import Lengths
from seqops.tasks.forecast.data.seasonality import suited_lag
from seqops.testing import contract_of

TestAutomaticForecast = contract_of(automatic())
AUTO = dict.fromkeys(LENGTHS, "auto")
FREQUENCIES = ["year", "quarter", "month", "week", "business-day", "day", "hour", "30 minutes", "position"]


def lengths(frequency, rows, panel=False, **given):
    return derived({**AUTO, **given}, frequency, rows, panel)


@pytest.mark.parametrize(
    ("frequency", "season"),
    [
        ("year", 1), ("quarter", 4), ("month", 12), ("week", 52), ("2 weeks", 26), ("business-day", 5),
        ("day", 7), ("2 days", 1), ("hour", 24), ("2 hours", 12), ("5 hours", 1), ("30 minutes", 48),
        ("5 minutes", 288), ("minute", 60), ("second", 60), ("10 seconds", 6), ("position", 1),
    ],
)  # fmt: skip
def test_the_season_follows_from_the_frequency(frequency, season):
    assert season_of(frequency, 1000) == season


def test_a_season_that_the_rows_do_not_hold_three_times_is_none():
    assert (season_of("month", 36), season_of("month", 35)) == (12, 1)


@pytest.mark.parametrize(
    ("frequency", "rows", "season", "window", "horizon", "validation", "test"),
    [
        ("month", 105, 12, 36, 12, 12, 21),  # the test begins at 84, the first dozen after 78.75
        ("month", 108, 12, 36, 12, 12, 24),
        ("month", 144, 12, 36, 12, 24, 36),
        ("month", 60, 12, 21, 12, 6, 12),
        ("quarter", 60, 4, 16, 8, 8, 12),
        ("day", 400, 7, 21, 7, 28, 70),
        ("hour", 5000, 24, 72, 24, 96, 240),
        ("position", 20, 1, 6, 3, 3, 5),
    ],
)
def test_lengths_by_hand(frequency, rows, season, window, horizon, validation, test):
    assert lengths(frequency, rows) == {
        "season": season,
        "window": window,
        "horizon": horizon,
        "backtest_horizon": horizon,
        "validation": validation,
        "test": test,
    }


def test_a_series_of_a_panel_is_validated_and_tested_by_one_forecast():
    found = lengths("month", 105, panel=True)
    assert (found["validation"], found["test"]) == (12, 12)


def test_given_numbers_stay_and_others_follow_from_them():
    found = lengths("month", 144, season=6, test=5)
    assert (found["season"], found["test"], found["horizon"]) == (6, 5, 3)
    assert lengths("day", 400, season=365) == {
        "season": 365, "window": 186, "horizon": 12, "backtest_horizon": 12, "validation": 12, "test": 16,
    }  # fmt: skip


@given(st.sampled_from(FREQUENCIES), st.integers(5, 3000), st.booleans())
def test_derived_lengths_fit_every_series(frequency, rows, panel):
    found = lengths(frequency, rows, panel)
    sizes = Lengths.of(found, panel, False)
    assert sizes.total <= rows
    assert min(found.values()) >= 1
    assert found["horizon"] <= found["test"] <= max(1, rows // 4)
    assert found["validation"] <= max(1, rows // 6)


@given(st.sampled_from(FREQUENCIES), st.integers(5, 3000))
def test_no_row_moves_from_training_to_the_test_as_a_series_grows(frequency, rows):
    before, after = lengths(frequency, rows), lengths(frequency, rows + 1)
    assume(before["horizon"] == after["horizon"])
    assert rows - before["test"] <= rows + 1 - after["test"]


def test_the_season_is_the_lag_of_differences_only_where_it_shows():
    noise = np.random.default_rng(0).normal(size=120)
    wave = np.sin(np.arange(120) * np.pi / 6) + 0.1 * noise
    assert suited_lag([wave], 12, 13) == 12
    assert suited_lag([wave], 12, 12) == 1  # no window of 12 holds a difference of lag 12
    assert suited_lag([np.cumsum(noise)], 12, 36) == 1
    assert suited_lag([np.cumsum(noise)], 12, 1) == 0
    assert suited_lag([noise], 12, 36) == 0
    assert suited_lag([wave, noise, noise], 12, 36) == 0
    assert suited_lag([], 12, 36) == 0


@pytest.mark.parametrize("wrong", [0, True, 1.5, "often", None])
def test_a_length_is_a_whole_number_or_auto(tmp_path, wrong):
    document = Document(tmp_path / "params.yaml", {"tasks": {}})
    assert document.typed("auto", PositiveOrAuto, "tasks") == "auto"
    with pytest.raises(ConfigError, match=r"a whole number of at least 1, or auto; got"):
        document.typed(wrong, PositiveOrAuto, "tasks")


def test_everything_sees_the_numbers_that_validation_states(tmp_path):
    data = task(**AUTO, frequency="auto")
    rows = table(tmp_path, [20 + i % 12 for i in range(60)], data)
    assert data.remarks(data.with_checked_columns(rows)) == [
        "the dates look monthly (data.frequency: month)",
        "data.season: 12 (auto), data.window: 21 (auto), data.horizon: 12 (auto), "
        "data.backtest_horizon: 12 (auto), data.validation: 6 (auto), data.test: 12 (auto)",
    ]
    fixed = replace(data, **lengths("month", 60))
    assert data.resolved(rows) == fixed
    splits, meta = data.split_and_encode(rows)
    assert json.dumps(meta) == json.dumps(fixed.split_and_encode(rows)[1])
    assert [meta[name] for name in ("season", "window", "horizon", "backtest_horizon")] == [12, 21, 12, 12]
    assert meta["difference"] == 12
    assert splits["test"].plain("targets").shape == (12, 12, 1)
    request = endpoint_of(data).parse([" ".join(map(str, range(1, 30)))], meta)
    assert request.plain("targets").shape == (1, 12, 1)
    with pytest.raises(DataError, match=r"20 values are too few\. Give at least the latest 21"):
        endpoint_of(data).parse([" ".join(map(str, range(1, 21)))], meta)


def test_a_panel_follows_from_its_median_series(tmp_path):
    data = task(**AUTO, series="shop", scaling="window")
    rows = [
        f"{shop},{month},{i}"
        for shop, count in (("a", 40), ("b", 48), ("c", 144))
        for i, month in enumerate(months(count))
    ]
    found = data.resolved(data.read([write_csv(tmp_path, rows, "shop,month,sold")]))
    assert {name: getattr(found, name) for name in LENGTHS} == lengths("month", 48, panel=True)


def test_new_rows_are_encoded_with_the_lengths_of_the_model(tmp_path):
    data = task(**AUTO)
    meta = data.split_and_encode(table(tmp_path, range(1, 48)))[1]
    longer = table(tmp_path, range(1, 101))
    splits = data.encode(longer, data.assign_splits(longer), meta)
    assert (meta["horizon"], data.resolved(longer).horizon) == (6, 12)
    assert splits["test"].plain("targets").shape[1] == 6
    assert splits["test"].plain("calendar").shape[1] == meta["window"] + 6


MODEL = {"kind": "lstm", "difference": 0}


@pytest.mark.parametrize(
    ("data", "model", "message"),
    [
        ({"season": 5}, {"kind": "es_lstm"}, r"at least two seasons of 5, got 8.*data.seasons"),
        ({}, {"difference": 8}, r"model.difference 8 must be below data.window 8.*model.difference: auto"),
        (AUTO, {"kind": "es_lstm", "difference": 1}, "model.difference must be 0 or auto"),
    ],
)
def test_settings_that_rule_each_other_out_are_refused_before_anything_is_read(data, model, message):
    with pytest.raises(ConfigError, match=message):
        task(**data).check_model({**MODEL, **model})


def test_derived_lengths_are_checked_when_they_are_known(tmp_path):
    data = task(**{**AUTO, "season": 24})
    smoothing = {**MODEL, "kind": "es_lstm"}
    data.check_model(smoothing)
    with pytest.raises(ConfigError, match="at least two seasons of 24, got 24"):
        data.resolved(table(tmp_path, range(80))).check_model(smoothing)
    data.resolved(table(tmp_path, range(200))).check_model(smoothing)
    task().check_model({**MODEL, "kind": "es_lstm", "difference": "auto"})
