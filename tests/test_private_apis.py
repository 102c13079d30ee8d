"""What seqops uses of other libraries beyond their documented interface, pinned to the versions checked."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import optuna
import pytest
from mlflow.exceptions import MlflowException
from sqlalchemy import update

import seqops

CHECKED = {
    "dvc": ["3.67"],
    "great-expectations": ["1.24"],
    "keras": ["3.15"],
    "mlflow": ["3.17"],
    "optuna": ["5.0"],
    "sacrebleu": ["2.6"],
}
"""By library: the versions, major.minor, whose source was compared with this file."""

EXEMPT = {"_replace", "_exit", "_rescored"}
"""Private only by name: documented for named tuples and `os`; and used by earlier releases of seqops."""


@dataclass(frozen=True)
class Use:
    """A use of a private or undocumented part; check: fails if the part no longer behaves as expected."""

    library: str
    path: str
    why: str
    check: Callable[[], None]


def parameters(function):
    return list(inspect.signature(function).parameters)


def in_memory_study():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = optuna.storages.RDBStorage("sqlite://")
    return storage, optuna.create_study(storage=storage)


class AlternatingPruner(optuna.pruners.HyperbandPruner):
    """Assign trials alternately to two brackets."""

    def __init__(self):
        super().__init__(min_resource=1, max_resource=9, reduction_factor=3)

    def _get_bracket_id(self, study, trial):
        return trial.number % 2


class RecordingSampler(optuna.samplers.RandomSampler):
    """Record what `before_trial` sees of a study: the trials shown, and those stored."""

    def __init__(self):
        super().__init__(seed=0)
        self.seen = []

    def before_trial(self, study, trial):
        stored = study._storage.get_all_trials(study._study_id, deepcopy=False)
        shown = study.get_trials(deepcopy=False)
        self.seen.append(([t.number for t in shown], [t.number for t in stored]))


def a_filtered_study_still_has_its_storage():
    assert parameters(optuna.storages.BaseStorage.get_all_trials) == [
        "self",
        "study_id",
        "deepcopy",
        "states",
    ]
    assert parameters(optuna.pruners.HyperbandPruner._get_bracket_id) == ["self", "study", "trial"]
    sampler = RecordingSampler()
    study = optuna.create_study(sampler=sampler, pruner=AlternatingPruner())
    for _ in range(6):
        study.ask()
    assert [stored for _, stored in sampler.seen] == [list(range(n + 1)) for n in range(6)]
    assert [shown for shown, _ in sampler.seen] == [list(range(n % 2, n + 1, 2)) for n in range(6)]


def a_waiting_trial_is_taken_by_one_update():
    from optuna.storages._rdb.models import TrialModel

    storage, study = in_memory_study()
    study.enqueue_trial({"a": 1})
    (waiting,) = study.trials
    assert parameters(type(storage).set_trial_state_values) == ["self", "trial_id", "state", "values"]
    state = optuna.trial.TrialState
    row = (TrialModel.trial_id == waiting._trial_id, TrialModel.state == state.WAITING)
    with storage.engine.begin() as connection:
        take = update(TrialModel).where(*row).values(state=state.RUNNING, datetime_start=None)
        assert [connection.execute(take).rowcount for _ in range(2)] == [1, 0]
    assert study.trials[0].state == state.RUNNING


def an_attribute_is_set_by_trial_id():
    _, study = in_memory_study()
    study.ask()
    (trial,) = study.trials
    assert parameters(study._storage.set_trial_user_attr) == ["trial_id", "key", "value"]
    study._storage.set_trial_user_attr(trial._trial_id, "place", 3)
    assert study.trials[0].user_attrs == {"place": 3}


def a_queued_trial_has_its_values():
    _, study = in_memory_study()
    study.enqueue_trial({"a": 1, "b": "x"})
    assert study.trials[0].params == {}
    assert study.trials[0].system_attrs["fixed_params"] == {"a": 1, "b": "x"}


def a_finished_trial_cannot_be_told():
    _, study = in_memory_study()
    trial = study.ask()
    study.tell(trial.number, 1.0)
    with pytest.raises(ValueError, match=r"^Cannot tell a COMPLETE trial"):
        study.tell(trial.number, 1.0)


def gradients_are_reduced_once_per_step():
    class Counting(keras.optimizers.AdamW):
        steps = 0

        def _all_reduce_sum_gradients(self, grads_and_vars):
            self.steps += 1
            return [(gradient * 0, variable) for gradient, variable in grads_and_vars]

    assert parameters(keras.optimizers.AdamW._all_reduce_sum_gradients) == ["self", "grads_and_vars"]
    variable, optimizer = keras.Variable([1.0]), Counting(0.1, weight_decay=0.0)
    optimizer.apply([keras.ops.convert_to_tensor([1.0])], [variable])
    assert optimizer.steps == 1
    assert float(variable.numpy()[0]) == 1.0


def an_unlocked_layer_takes_a_further_weight():
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    layer._tracker.unlock()
    layer.further = layer.add_weight(shape=(2,), name="further")
    layer._tracker.lock()
    assert [v.name for v in layer.trainable_weights] == ["kernel", "bias", "further"]


def the_decay_of_the_average_is_read_in_every_step():
    class Halving(keras.optimizers.SGD):
        @property
        def ema_momentum(self):
            return keras.ops.where(self.iterations < 2, 0.0, 0.5)

        @ema_momentum.setter
        def ema_momentum(self, decay):
            assert decay == 0.9

    variable, optimizer = keras.Variable([0.0]), Halving(1.0, use_ema=True, ema_momentum=0.9)
    for _ in range(3):
        optimizer.apply([keras.ops.convert_to_tensor([-1.0])], [variable])
    optimizer.finalize_variable_values([variable])
    # weights 1, 2 and 3; the third is averaged with the second
    assert float(variable.numpy()[0]) == 2.5


def sentence_statistics_have_known_columns():
    from sacrebleu.metrics import BLEU, CHRF

    hypotheses, streams = ["a b c x", "a"], [["a b c d", "a b"], ["a b c d e f", None]]
    (row, short) = BLEU()._extract_corpus_statistics(hypotheses, streams)
    # both lengths, then matches and totals for each order
    assert row == [4, 4, 3, 2, 1, 0, 4, 3, 2, 1]
    assert short == [1, 2, 1, 0, 0, 0, 1, 0, 0, 0]
    rows = CHRF()._extract_corpus_statistics(hypotheses, streams)
    # n-grams of hypothesis, reference and both, for each of six orders
    assert np.shape(rows) == (2, 18)
    assert rows[0][:6] == [4, 4, 3, 3, 3, 2]


def errors_have_the_codes_of_the_rest_api():
    from mlflow.protos import databricks_pb2 as codes

    for name in ("RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"):
        assert codes.ErrorCode.Name(getattr(codes, name)) == name
        assert MlflowException("", getattr(codes, name)).error_code == name
    refused = MlflowException("", codes.INVALID_PARAMETER_VALUE)
    assert refused.get_http_status_code() == 400


def nested_runs_have_the_tag_of_the_ui():
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

    assert MLFLOW_PARENT_RUN_ID == "mlflow.parentRunId"


def progress_bars_are_disabled():
    from great_expectations.data_context.types.base import ProgressBarsConfig

    assert not ProgressBarsConfig(globally=False).globally


def files_of_stages_are_locked_by_path():
    from dvc.lock import LockError, make_lock
    from dvc.repo import Repo
    from dvc.rwlock import rwlock

    assert parameters(rwlock) == ["tmp_dir", "fs", "cmd", "read", "write", "hardlink"]
    assert parameters(make_lock) == ["lockfile", "tmp_dir", "friendly", "hardlink_lock", "wait"]
    assert issubclass(LockError, Exception)
    assert {"tmp_dir", "fs", "config"} <= set(inspect.getsource(Repo.__init__).replace("self.", " ").split())


def the_record_of_stages_has_a_schema():
    from dvc.exceptions import DvcException
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import MultipleInvalid

    assert issubclass(DvcException, Exception)
    entry = {"path": "out", "hash": "md5", "md5": "0" * 32}
    COMPILED_LOCKFILE_SCHEMA({"schema": "2.0", "stages": {"a": {"cmd": "b", "outs": [entry]}}})
    with pytest.raises(MultipleInvalid):
        COMPILED_LOCKFILE_SCHEMA({"schema": "2.0", "stages": []})


USES = [
    Use(
        "dvc",
        "rwlock.rwlock",
        "a file is replaced only while no stage reads it; tests/runtime/test_dvc_lock.py runs both",
        files_of_stages_are_locked_by_path,
    ),
    Use(
        "dvc",
        "schema.COMPILED_LOCKFILE_SCHEMA",
        "a damaged dvc.lock is named before work begins; the fault tests compare with `dvc repro`",
        the_record_of_stages_has_a_schema,
    ),
    Use(
        "optuna",
        "study.Study._storage",
        "Hyperband shows a sampler only part of the study; a trial's slot is counted among all trials",
        a_filtered_study_still_has_its_storage,
    ),
    Use(
        "optuna",
        "study.Study._study_id",
        "names the study to its storage",
        a_filtered_study_still_has_its_storage,
    ),
    Use(
        "optuna",
        "pruners.HyperbandPruner._get_bracket_id",
        "trials are assigned to brackets by their slots, so that a killed trial does not move the others",
        a_filtered_study_still_has_its_storage,
    ),
    Use(
        "optuna",
        "trial.FrozenTrial._trial_id",
        "a sampler records the slot before the trial is drawn: no public object can store it at that time",
        an_attribute_is_set_by_trial_id,
    ),
    Use(
        "optuna",
        "storages._rdb.models.TrialModel",
        "SQLite has no SELECT ... FOR UPDATE, so one statement takes a waiting trial",
        a_waiting_trial_is_taken_by_one_update,
    ),
    Use(
        "optuna",
        "trial.FrozenTrial.system_attrs",
        "the values of a trial that waits, or that died before they were drawn",
        a_queued_trial_has_its_values,
    ),
    Use(
        "optuna",
        "study.Study.tell",
        "only the text of its ValueError identifies a trial that another process finished",
        a_finished_trial_cannot_be_told,
    ),
    Use(
        "keras",
        "optimizers.AdamW._all_reduce_sum_gradients",
        "its custom gradient makes TensorFlow keep the graph of every model for the life of the process",
        gradients_are_reduced_once_per_step,
    ),
    Use(
        "keras",
        "optimizers.Optimizer.ema_momentum",
        "a decay that is lower in the first steps; Keras has a constant one, with which the start stays",
        the_decay_of_the_average_is_read_in_every_step,
    ),
    Use(
        "keras",
        "layers.Layer._tracker",
        "a built layer takes the magnitude of DoRA, as `enable_lora` adds its own weights",
        an_unlocked_layer_takes_a_further_weight,
    ),
    Use(
        "sacrebleu",
        "metrics.BLEU._extract_corpus_statistics",
        "scores are resampled from the sums of each sentence; chrF returns them nowhere else",
        sentence_statistics_have_known_columns,
    ),
    Use(
        "mlflow",
        "protos.databricks_pb2.ErrorCode",
        "errors of a store and of a served model are distinguished by these codes",
        errors_have_the_codes_of_the_rest_api,
    ),
    Use(
        "mlflow",
        "utils.mlflow_tags.MLFLOW_PARENT_RUN_ID",
        "only this tag nests a run under another one through the client",
        nested_runs_have_the_tag_of_the_ui,
    ),
    Use(
        "great-expectations",
        "data_context.types.base.ProgressBarsConfig",
        "there is no other way to disable progress bars on the terminal",
        progress_bars_are_disabled,
    ),
]


def unchecked(library, installed):
    """Return what to do about a version that was not checked, or None."""
    minor = ".".join(installed.split(".")[:2])
    if minor in CHECKED[library]:
        return None
    paths = ", ".join(f"{use.path} ({use.why})" for use in USES if use.library == library)
    return (
        f"{library} {installed}: not checked; look at {paths} in its source, run the tests of this "
        f"file, and then widen CHECKED[{library!r}] by {minor!r}."
    )


@pytest.mark.parametrize("library", CHECKED)
def test_the_installed_version_was_checked(library):
    message = unchecked(library, version(library))
    assert message is None, message


def test_after_an_upgrade_the_message_names_what_to_check():
    message = unchecked("sacrebleu", "99.1.0")
    assert message.startswith(
        "sacrebleu 99.1.0: not checked; look at metrics.BLEU._extract_corpus_statistics (scores are resampled"
    )
    assert message.endswith("and then widen CHECKED['sacrebleu'] by '99.1'.")
    assert unchecked("sacrebleu", f"{CHECKED['sacrebleu'][0]}.99") is None


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.library}: {use.path}")
def test_a_private_part_behaves_as_expected(use):
    use.check()


def sources():
    for module in pkgutil.walk_packages(seqops.__path__, "seqops."):
        path = Path(module.module_finder.find_spec(module.name).origin)
        yield module.name, ast.parse(path.read_bytes())


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def private_names(tree):
    """List the private names that a module reads from other objects, or imports from a library."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (part for part in parts if is_private(part))


def overridden_methods(name, tree):
    """List the private methods of a module's classes that a library defines too."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.bases]
    methods = [(c.name, m.name) for c in classes for m in c.body if isinstance(m, ast.FunctionDef)]
    for owner, method in [pair for pair in methods if is_private(pair[1])]:
        bases = getattr(importlib.import_module(name), owner).__mro__[1:]
        if any(method in vars(base) for base in bases if not base.__module__.startswith("seqops.")):
            yield method


def test_no_other_private_part_is_used():
    pinned = {part for use in USES for part in use.path.split(".") if is_private(part)}
    used = {
        part for name, tree in sources() for part in (*private_names(tree), *overridden_methods(name, tree))
    }
    assert used - EXEMPT == pinned
