"""Tuning end to end on a tiny network: the winner in params.yaml, the runs in MLflow."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from seqops.params import Params
from tuning_project import TASK, TRIALS, create_project

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """A project whose data is encoded."""
    root = create_project(tmp_path_factory.mktemp("encoded") / "project")
    environment = {**os.environ, "SEQOPS_ROOT": str(root)}
    for stage in ("download", "validate", "preprocess"):
        command = [sys.executable, str(root / "pipelines" / f"{stage}.py"), TASK]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return root


def copy_of(encoded, tmp_path_factory):
    root = tmp_path_factory.mktemp("tuned") / "project"
    shutil.copytree(encoded, root)
    return root


def start(root, *options):
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, str(HERE / "tuner.py"), str(root), TASK, str(TRIALS), *options]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process):
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


def kill_after(process, words):
    """Kill a process, and with it its group, once it has printed these words."""
    for line in process.stdout:
        if words in line:
            process.kill()
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            return
    raise AssertionError(f"it never printed {words!r}")


@pytest.fixture(scope="module")
def tuned(encoded, tmp_path_factory):
    """A project after an undisturbed tuning, and the output of the command."""
    root = copy_of(encoded, tmp_path_factory)
    return root, finish(start(root))


@pytest.fixture(scope="module")
def runs(tuned):
    mlflow.set_tracking_uri(f"sqlite:///{tuned[0] / '.state' / 'mlflow' / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(TASK)
    return client, client.search_runs([experiment.experiment_id])


def of_kind(runs, kind):
    return [run for run in runs[1] if run.data.tags.get("seqops.kind") == kind]


def searched(root):
    task = Params.load(root / "params.yaml").task(TASK)
    return {key: task.values()[key] for key in task.section["search"]}


def test_the_winner_is_written_to_params_and_nothing_else_changes(encoded, tuned):
    root, output = tuned
    before, after = ((r / "params.yaml").read_text("utf-8").splitlines() for r in (encoded, root))
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert 1 <= len(changed) <= len(searched(root))
    for old, new in changed:
        assert f"-{old}" in output
        assert f"+{new}" in output
        assert old.partition("#")[2] == new.partition("#")[2]


def test_the_winner_is_better_than_the_current_values_over_other_seeds(tuned, runs):
    repeats = of_kind(runs, "repeat")
    scores = {}
    for run in repeats:
        scores.setdefault(run.info.run_name.partition(",")[0], []).append(
            run.data.metrics["validation/held_out"]
        )
    assert {len(found) for found in scores.values()} == {3}
    current = scores.pop("current values")
    (best,) = scores.values()
    assert sum(best) < sum(current)
    assert {run.data.params["fit.seed"] for run in repeats} == {"1", "2", "3"}


def test_the_output_says_which_rows_decided(tuned):
    assert "41 origins of the validation split choose and stop the trials. 42 origins of it" in tuned[1]
    assert "on the held-out validation rows over 3 other seeds" in tuned[1]


def test_every_trial_is_a_nested_run_of_one_study(runs):
    (study,) = of_kind(runs, "study")
    trials = of_kind(runs, "trial")
    assert len(trials) == TRIALS
    assert sorted(int(run.data.tags["seqops.trial"]) for run in trials) == list(range(TRIALS))
    for run in trials + of_kind(runs, "repeat"):
        assert run.data.tags["mlflow.parentRunId"] == study.info.run_id
        assert run.data.tags["seqops.state"] == "complete"
        assert run.info.status == "FINISHED"
        assert run.data.metrics["seconds"] > 0
        assert run.data.metrics["epochs"] == len(runs[0].get_metric_history(run.info.run_id, "train/loss"))
        assert "model.units" in run.data.params
    assert study.data.metrics["trials/complete"] == TRIALS
    assert "'high': 16" in study.data.params["search.model.units"]


def test_the_first_trial_has_the_current_values(encoded, runs):
    (first,) = [run for run in of_kind(runs, "trial") if run.data.tags["seqops.trial"] == "0"]
    assert {key: first.data.params[key] for key in searched(encoded)} == {
        key: str(value) for key, value in searched(encoded).items()
    }


def test_the_page_is_an_artefact_of_the_study_run(tuned, runs):
    (study,) = of_kind(runs, "study")
    assert [item.path for item in runs[0].list_artifacts(study.info.run_id, "study")] == ["study/study.html"]


def test_tuning_again_starts_no_trial_and_changes_nothing(tuned):
    root, _ = tuned
    before = (root / "params.yaml").read_bytes()
    output = finish(start(root))
    assert [line for line in output.splitlines() if "  complete  " in line] == []
    assert "params.yaml is unchanged: no trial" in output
    assert (root / "params.yaml").read_bytes() == before


@pytest.mark.slow
def test_tuning_killed_in_a_trial_and_in_a_repeat_ends_as_if_never_killed(encoded, tuned, tmp_path_factory):
    root = copy_of(encoded, tmp_path_factory)
    kill_after(start(root, "1", "dry"), "trial 1  complete")
    kill_after(start(root, "1", "dry"), "trial 3  complete")
    kill_after(start(root, "1", "dry"), "seed 1  complete")
    assert (root / "params.yaml").read_bytes() == (encoded / "params.yaml").read_bytes()
    output = finish(start(root))
    assert "Wrote params.yaml" in output
    mlflow.set_tracking_uri(f"sqlite:///{root / '.state' / 'mlflow' / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    everything = client.search_runs([client.get_experiment_by_name(TASK).experiment_id])
    states = [r.data.tags["seqops.state"] for r in everything if r.data.tags["seqops.kind"] == "trial"]
    assert states.count("complete") == TRIALS
    assert set(states) <= {"complete", "died"}
    assert all(r.info.status != "RUNNING" for r in everything)


@pytest.mark.slow
def test_two_workers_end_with_the_same_number_of_trials(encoded, tmp_path_factory):
    root = copy_of(encoded, tmp_path_factory)
    output = finish(start(root, "2", "dry"))
    assert "params.yaml is unchanged" in output
    assert (root / "params.yaml").read_bytes() == (encoded / "params.yaml").read_bytes()
    mlflow.set_tracking_uri(f"sqlite:///{root / '.state' / 'mlflow' / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    found = client.search_runs([client.get_experiment_by_name(TASK).experiment_id])
    assert [r.data.tags["seqops.kind"] for r in found].count("trial") == TRIALS
    assert [r.data.tags["seqops.kind"] for r in found].count("repeat") == 6


def test_data_that_is_not_encoded_is_reported_with_the_command_to_run(encoded, tmp_path_factory):
    root = copy_of(encoded, tmp_path_factory)
    shutil.rmtree(root / "data" / TASK / "arrays")
    process = start(root)
    output, _ = process.communicate()
    assert process.returncode
    assert "dvc repro" in output
