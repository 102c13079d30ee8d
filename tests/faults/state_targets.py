"""Targets of the fuzzer in the project's state: read, named, or set aside and begun again."""

import json
import random

from seqops.core.project import Project
from seqops.runtime.journal import Journal


def decisions(folder):
    """Read a damaged journal of decisions, and use what is left as `history`, `compare` and a recovery do."""
    from seqops.cli.version_tables import decision_table
    from seqops.registry.champion import _decision
    from seqops.registry.comparison_history import ComparisonHistory, RowSketch
    from seqops.registry.decision_log import DecisionLog

    numbers = {"difference": 0.1, "ours": 0.9, "champion": 0.8, "champion_version": "1", "level": 0.03}
    numbers |= {"comparison_number": 1, "test_rows": {"rows": 2, "keys": 2, "hashes": ["0a", "0b"]}}
    entry = {"time": "2026-03-02T03:00:00+00:00", "task": "a", "model": "m", "stage": "outcome", "by": "rule"}
    entry |= {"action": "kept", "version": "2", "run_id": "r", "from": "1", "to": "1", "reason": "no better"}
    project = Project(folder)
    project.state.mkdir()
    path, sketch = Journal.open(project).path, RowSketch(2, 2, ("0a", "0b"))

    def parse(content):
        path.write_bytes(content)
        log = DecisionLog.read(project)
        assert bool(log.damage()) == bool(log.damaged)
        ComparisonHistory.of(sketch, log.of_model("m"), "m").summary(0.05)
        decision_table("m", log.decisions)
        for found in log.decisions:
            _decision(found).summary()

    return (
        "registry",
        ["".join(json.dumps({**entry, "numbers": numbers}) + "\n" for _ in range(4)).encode()],
        parse,
    )


def cycles(folder):
    """Read a damaged journal of retraining."""
    from seqops.retraining.history import RetrainingHistory

    project = Project(folder)
    project.state.mkdir()
    history = RetrainingHistory(project, "a")
    lines = [{"task": "a", "stage": stage, "why": "new data", "decided": 3} for stage in ("ended", "begun")]

    def parse(content):
        history.journal.path.write_bytes(content)
        history.unfinished()

    return "retraining", ["".join(json.dumps(line) + "\n" for line in lines).encode()], parse


def checkpoint(folder):
    """Read a damaged checkpoint: its state or a new one, and the file is set aside."""
    import numpy as np

    from seqops.training.checkpoint import read_checkpoint

    epochs = [
        {"epoch": 1, "loss": 2.0, "learning_rate": 0.1, "validation": 0.5, "stage": 0, "objective": "goal"}
    ]
    arrays = {name: np.arange(40.0) for name in ("weight.0", "best.0", "optimizer.0", "initial")}
    arrays["epochs"] = np.frombuffer(json.dumps(epochs).encode(), np.uint8)
    path = folder / "mine.npz"
    np.savez(path, allow_pickle=False, **arrays)

    def parse(content):
        path.write_bytes(content)
        found = read_checkpoint(path)
        assert path.exists() == bool(found.epochs)
        for array in (*found.weights, *found.best, *found.optimizer):
            assert array.tolist() == [*range(40)]

    return "mine", [path.read_bytes()], parse


def cache(folder):
    """Read a damaged entry of the cache of arrays: what was stored, or computed again."""
    import numpy as np

    from seqops.core.array_cache import ArrayCache

    key, kept = {"a": 1}, ArrayCache(folder / "baselines")
    arrays = {"one": np.arange(40.0), "two": np.arange(6).reshape(2, 3)}
    kept.get(key, lambda: arrays)
    [path] = (folder / "baselines").iterdir()

    def parse(content):
        path.write_bytes(content)
        found = kept.get(key, lambda: arrays)
        assert {name: array.tolist() for name, array in found.items()} == {
            name: array.tolist() for name, array in arrays.items()
        }

    return "baselines", [path.read_bytes()], parse


def etags(folder):
    """Look up a file in a damaged cache of validators."""
    from seqops.sources.etags import EtagCache
    from seqops.sources.http import Validators

    file, cache = folder / "file.txt", EtagCache(folder / "etags" / "a.json")
    file.write_text("content")
    cache.remember("address", Validators('"1"', "Mon, 02 Mar 2026 03:00:00 GMT"), file)

    def parse(content):
        cache.path.write_bytes(content)
        found = cache.lookup("address", file)
        assert found is None or found.conditional_headers() is not None

    return "etags", [cache.path.read_bytes()], parse


def schedule(folder):
    """Read a damaged state of the scheduler."""
    from datetime import UTC, datetime

    from seqops.retraining.scheduler import ScheduleState

    path = folder / "schedule.json"
    ScheduleState("0 3 * * 1", ("--when", "drift"), datetime(2026, 3, 2, 3, tzinfo=UTC), None).write(path)

    def parse(content):
        path.write_bytes(content)
        ScheduleState.read(path)

    return r"schedule\.json", [path.read_bytes()], parse


def tracking_database(folder):
    """Open a damaged tracking database, and search it."""
    import logging
    import os

    import mlflow

    from seqops.registry import versions
    from seqops.tracking import connection, own_database, store_address

    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    own_database.create(folder / "seed.db")
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'seed.db'}")
    experiment = client.create_experiment("toy")
    run = client.create_run(experiment, tags={"seqops.kind": "training"})
    client.log_metric(run.info.run_id, "test/f1", 0.5)
    client.create_registered_model("toy")
    client.create_model_version("toy", f"{run.info.artifact_uri}/model", run.info.run_id)
    client.set_registered_model_alias("toy", "champion", "1")
    attempts = iter(range(10**6))

    def parse(content):
        # MLflow keeps a store for each address
        project = Project(folder / str(next(attempts)))
        path = project.state / "mlflow" / store_address.DATABASE
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        os.environ["MLFLOW_TRACKING_URI"] = ""
        opened = connection.connect(project)
        connection.check_own(project)
        with connection.translate_store_errors():
            opened.search_experiments()
            opened.search_runs([experiment])
            versions.get_alias(opened, "toy", "champion")
        versions.versions(opened, "toy")

    return r"mlflow\.db", [(folder / "seed.db").read_bytes()], parse


def studies(folder):
    """Open a damaged database of studies, and count and read its trials."""
    import sqlite3
    from contextlib import closing

    from optuna.samplers import RandomSampler

    from seqops.core.records import Goal
    from seqops.tuning import study

    def opened(path):
        return study.open_study(f"sqlite:///{path}", "toy", Goal("f1", True), RandomSampler(seed=0))

    seed, attempts = opened(folder / "seed.db"), iter(range(10**6))
    for place in range(4):
        trial = seed.ask()
        trial.suggest_float("x", 0, 1)
        trial.suggest_categorical("kind", ["lstm", "gru"])
        trial.set_user_attr("place", place)
        trial.report(0.5, 1)
        seed.tell(trial, 0.3)
    with closing(sqlite3.connect(folder / "seed.db")) as database:
        database.execute("PRAGMA wal_checkpoint(truncate)")

    def parse(content):
        path = folder / f"{next(attempts)}.db"
        path.write_bytes(content)
        study.counts(opened(path))

    return r"\d+\.db", [(folder / "seed.db").read_bytes()], parse


def dvc_record(folder):
    """Damage dvc.lock, every second time by one bit; with what is accepted, `dvc repro` completes."""
    import os

    from dvc.cli import main
    from mutate import mutated

    from seqops.runtime.dvc_record import require_readable_record

    stage = "  {0}:\n    cmd: cp in {0}\n    deps: [in]\n    params: [x]\n    outs: [{0}]\n"
    names = ("one", "two")
    (folder / "dvc.yaml").write_text("stages:\n" + "".join(map(stage.format, names)))
    (folder / "params.yaml").write_text("x: 1\n")
    (folder / "in").write_text("hi\n")
    os.chdir(folder)
    assert main(["init", "--no-scm", "--quiet"]) == main(["repro", "--quiet"]) == 0
    good = (folder / "dvc.lock").read_bytes()

    def damaged(count, make):
        for seed in range(count):
            rng = random.Random(seed)
            at, bit = rng.randrange(len(good)), 1 << rng.randrange(8)
            flipped = good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :]
            make(flipped if seed % 2 else mutated(good, seed))

    def parse(content):
        (folder / "dvc.lock").write_bytes(content)
        require_readable_record(Project(folder))
        assert main(["repro", "--quiet"]) == 0
        assert [(folder / name).read_text() for name in names] == ["hi\n"] * 2

    return r"dvc\.lock", damaged, parse
