"""Search distributions: the value drawn is the value trained with and the value written down."""

import subprocess
import sys

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.tuning.search_space import Categorical, Float, Int

optuna.logging.set_verbosity(optuna.logging.ERROR)
DROPOUT = Float("float", 0.0, 0.6)
RATE = Float("float", 0.0005, 0.01, log=True)
UNITS = Int("int", 32, 256, log=True)
KIND = Categorical("categorical", ("lstm", "gru", None, 0.5))


def drawn(distribution, raw):
    trial = optuna.trial.FixedTrial({"key": raw})
    return distribution.suggest("key", trial)


@pytest.mark.parametrize(
    ("distribution", "raw", "rounded"),
    [
        (DROPOUT, 0.123456, 0.123),
        (DROPOUT, 0.012345, 0.0123),
        (DROPOUT, 0.59999, 0.6),
        (DROPOUT, 0.0, 0.0),
        (RATE, 0.00123456, 0.00123),
        # bounds that need more digits are kept
        (Float("float", 0.12345, 0.9), 0.12345, 0.12345),
        (Float("float", 0.1, 0.98765), 0.9876, 0.98765),
        # a narrow range needs more digits than its values
        (Float("float", 0.99, 0.999), 0.9951234, 0.99512),
        (Float("float", 100.0, 100.1), 100.01234, 100.0123),
        (Float("float", -1.0, 1.0), -0.45678, -0.457),
        # 0.1 + 2 * 0.1 is 0.30000000000000004
        (Float("float", 0.1, 0.5, step=0.1), 0.30000000000000004, 0.3),
        (UNITS, 64, 64),
        (KIND, "gru", "gru"),
        (KIND, None, None),
    ],
)
def test_a_value_is_rounded_to_what_is_written_down(distribution, raw, rounded):
    assert distribution.to_value(raw) == rounded
    assert drawn(distribution, raw) == rounded
    assert distribution.contains(rounded)


@given(st.floats(0.0005, 0.01))
def test_a_rounded_number_stays_in_range_and_rounds_to_itself(raw):
    value = RATE.to_value(raw)
    assert RATE.low <= value <= RATE.high
    assert RATE.to_value(value) == value
    assert abs(value - raw) <= 0.005 * raw


@pytest.mark.parametrize(
    ("distribution", "value"),
    [
        (UNITS, 31),
        (UNITS, 257),
        (UNITS, 64.0),
        (UNITS, True),
        (Int("int", 1, 7, step=2), 4),
        (DROPOUT, 0.61),
        (DROPOUT, 0.12345),
        (DROPOUT, False),
        (DROPOUT, "0.5"),
        (Float("float", 0.0, 1.0, step=0.25), 0.3),
        (KIND, "rnn"),
        (Categorical("categorical", (0, 1)), False),
    ],
)
def test_a_value_outside_the_distribution_is_not_contained(distribution, value):
    assert not distribution.contains(value)


def test_the_extremes_are_the_bounds_of_a_range_or_all_choices():
    assert UNITS.extremes() == [32, 256]
    assert DROPOUT.extremes() == [0.0, 0.6]
    assert KIND.extremes() == ["lstm", "gru", None, 0.5]


def test_a_study_draws_only_values_of_the_space():
    space = {"units": UNITS, "dropout": DROPOUT, "rate": RATE, "kind": KIND, "odd": Int("int", 1, 7, step=2)}

    def objective(trial):
        values = {key: distribution.suggest(key, trial) for key, distribution in space.items()}
        assert all(space[key].contains(value) for key, value in values.items())
        assert {key: space[key].to_value(raw) for key, raw in trial.params.items()} == values
        return values["dropout"]

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=50)
    assert {trial.params["odd"] for trial in study.trials} == {1, 3, 5, 7}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Int("int", 3, 1), "low must be below high, got 3 and 1"),
        (lambda: Float("float", 1.0, 1.0), "low must be below high, got 1.0 and 1.0"),
        (lambda: Float("float", 0.0, 1.0, log=True), "log needs a low above 0, got 0.0"),
        (lambda: Float("float", 0.1, 1.0, step=0.1, log=True), "step and log exclude each other"),
        (
            lambda: Int("int", 1, 8, step=2),
            "high must be low plus a whole number of steps, got 1, 8 and step 2",
        ),
        (lambda: Categorical("categorical", ()), r"two or more different choices are needed, got \[\]"),
        (lambda: Categorical("categorical", (1,)), r"two or more different choices are needed, got \[1\]"),
        (
            lambda: Categorical("categorical", (1, 1)),
            r"two or more different choices are needed, got \[1, 1\]",
        ),
        (lambda: Categorical("categorical", (1, [2])), r"a choice must be a number, a text, .* got \[2\]"),
    ],
)
def test_an_invalid_distribution_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_search_space_is_read_without_importing_optuna():
    program = "import sys, seqops.tuning.search_space; print('optuna' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
