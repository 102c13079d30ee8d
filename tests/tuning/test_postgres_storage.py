"""Studies on a PostgreSQL server."""

import subprocess
import sys

import optuna
import psycopg
import pytest

pytest_plugins = ("postgres",)

WORKER = """
import sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
url, name = sys.argv[1:]
study = optuna.load_study(storage=url, study_name="plain")

def objective(trial):
    trial.set_user_attr("worker", name)
    until = time.monotonic() + 60
    while len({t.user_attrs.get("worker") for t in study.get_trials(deepcopy=False)} - {None}) < 2:
        assert time.monotonic() < until, "the other worker did not start"
        time.sleep(0.05)
    return trial.suggest_float("x", -1, 1) ** 2

study.optimize(objective, n_trials=5)
"""


def test_two_processes_share_a_study(postgres_url):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=postgres_url, study_name="plain")
    commands = [[sys.executable, "-c", WORKER, postgres_url, name] for name in ("one", "two")]
    workers = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for c in commands]
    outputs = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    trials = study.get_trials()
    assert [trial.number for trial in trials] == list(range(10))
    assert {trial.state for trial in trials} == {optuna.trial.TrialState.COMPLETE}
    assert sorted(trial.user_attrs["worker"] for trial in trials) == ["one"] * 5 + ["two"] * 5


def test_a_wrong_password_is_rejected(postgres_url):
    address = postgres_url.replace("+psycopg", "").replace("seqops:", "seqops:wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address)
