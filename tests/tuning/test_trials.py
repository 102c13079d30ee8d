"""Trials of values that are refused together, and of models that depend on no seed."""

from types import SimpleNamespace

from optuna.trial import TrialState

from seqops.core.errors import ConfigError
from seqops.core.records import Goal
from seqops.tuning.samplers import pruner_of, sampler_of
from seqops.tuning.search_space import Categorical
from seqops.tuning.study import open_study
from seqops.tuning.trial_numbers import WHY
from seqops.tuning.trials import search

SCORES = {"nb": 0.8, "svm": 0.7, "gru": 0.9}


def searched(tmp_path, total=12):
    """Search among kinds of which `svm` is refused and `nb` is classical; return the study and the fits."""
    url, fits = f"sqlite:///{tmp_path / 'studies.db'}", []
    study = open_study(url, "s", Goal("f1", True), sampler_of("random", 0, 0), pruner_of("none", 3))

    def with_values(values):
        if values["kind"] == "svm":
            raise ConfigError("only a network is mixed")
        return values

    def fit(task, kind, number, name, after):
        fits.append(task["kind"])
        return SimpleNamespace(best=SCORES[task["kind"]])

    session = SimpleNamespace(
        url=url,
        study=study,
        space={"kind": Categorical("categorical", tuple(SCORES))},
        with_values=with_values,
        is_seedless=lambda values: values["kind"] == "nb",
        trained_values=lambda trial: trial.params,
        fit=fit,
    )
    search(session, total, lambda: None, None)
    return study, fits


def test_values_that_are_refused_together_fail_with_the_reason_and_the_study_goes_on(tmp_path):
    study, _ = searched(tmp_path)
    failed = [trial for trial in study.trials if trial.state == TrialState.FAIL]
    assert {(trial.params["kind"], trial.user_attrs[WHY]) for trial in failed} == {
        ("svm", "only a network is mixed")
    }
    assert {t.params["kind"] for t in study.trials if t.state == TrialState.COMPLETE} == {"nb", "gru"}


def test_a_model_without_a_seed_is_fitted_once_for_equal_values(tmp_path):
    study, fits = searched(tmp_path)
    drawn = [trial.params["kind"] for trial in study.trials]
    assert drawn.count("nb") > 1
    assert fits.count("nb") == 1
    assert fits.count("gru") == drawn.count("gru")
    assert {t.value for t in study.trials if t.params["kind"] == "nb"} == {0.8}
