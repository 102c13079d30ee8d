"""params.yaml -> configured tasks; every refusal names the key, its line and what to do."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Lt, MinLen

import seqops.tasks
from seqops.blocks.document import Document, nearest
from seqops.blocks.search.space import KINDS, Categorical, Distribution, Space
from seqops.blocks.thresholds import Thresholds
from seqops.contract import BadParams, Count, Network, Positive, Recipe, Task
from seqops.environment import hushed
from seqops.masking import masked, secret_of

SECTIONS = ("source", "data", "model", "fit", "search")
NOT_SEARCHED = {
    "fit.seed": "luck is no setting",
    "fit.epochs": "trials must have equal budgets",
    "fit.validation_rows": "trials must be scored on equal rows",
}


@dataclass(frozen=True)
class Evaluation:
    """How intervals and paired tests are made."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    resamples: Positive
    seed: Count


@dataclass(frozen=True)
class Registry:
    """When a challenger may take the place of the champion.

    alpha: the level at which it must be better; guard: the level at which it may be worse on no slice
    (0: slices do not count); unscorable: what becomes of a champion that cannot be scored on the present
    rows, as after its environment was lost: `keep`, or `replace` by a challenger that beats the trivial
    baselines.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: Annotated[float, Gt(0.0), Lt(1.0)]
    guard: Annotated[float, Ge(0.0), Lt(1.0)]
    unscorable: Literal["keep", "replace"]


@dataclass(frozen=True)
class Retraining:
    """How a cycle of retraining goes where its command does not say.

    triggers: one of them is enough: `always`, `new-data`, `drift`, or an age of the champion, `age=7d`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    triggers: Annotated[tuple[str, ...], MinLen(1)]


@dataclass(frozen=True)
class Tuning:
    """How a search goes.

    trials: of a study, by whatever number of runs and workers; startup: trials drawn at random before the
    sampler learns; best: trials trained again beside the present values, with `seeds` seeds each.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    trials: Positive
    sampler: Literal["tpe", "random"]
    startup: Count
    pruner: Literal["hyperband", "median", "none"]
    seed: Count
    best: Positive
    seeds: Annotated[int, Ge(2)]


@dataclass(frozen=True)
class Notification:
    """Who is told what a retraining came to.

    webhook: an address that a JSON object is posted to, `command`: words of a command that gets it on its
    standard input (empty: neither); events: the outcomes that are told.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    webhook: str
    command: tuple[str, ...]
    events: tuple[Literal["promoted", "kept", "nothing", "refused", "failed"], ...]


@dataclass(frozen=True)
class Params(Document):
    """The whole of params.yaml."""

    @property
    def names(self) -> list[str]:
        """The tasks of the file."""
        return list(self.document["tasks"])

    @property
    def evaluation(self) -> Evaluation:
        """The `evaluation` section."""
        return self.section(Evaluation, "evaluation")

    @property
    def registry(self) -> Registry:
        """The `registry` section."""
        return self.section(Registry, "registry")

    @property
    def drift(self) -> Thresholds:
        """The `drift` section."""
        return self.section(Thresholds, "drift")

    @property
    def tuning(self) -> Tuning:
        """The `tuning` section."""
        return self.section(Tuning, "tuning")

    @property
    def notify(self) -> Notification:
        """The `notify` section."""
        return self.section(Notification, "notify")

    @property
    def retraining(self) -> Retraining:
        """The `retraining` section."""
        return self.section(Retraining, "retraining")

    def task(self, name: str) -> Task:
        """Configure one task; its network (and TensorFlow) is imported when `network()` is called."""
        if name not in self.document["tasks"]:
            raise BadParams(f"{self.path.name}: there is no task {name!r}{nearest(name, self.names)}.")
        section = self.document["tasks"][name]
        self._check_sections(name, section)
        data = self.section(_module(name, "data").Task, f"tasks.{name}.data")
        recipe = self.section(Recipe, f"tasks.{name}.fit")
        source = self.typed(section["source"], str | list[str], f"tasks.{name}.source")
        self._check_secrets(f"tasks.{name}.source", source)

        def network() -> Network:
            with hushed():
                net: type[Network] = _module(name, "network").Net
            return self.section(net, f"tasks.{name}.model")

        plain = {key: self.typed(value, Any, f"tasks.{name}.{key}") for key, value in section.items()}
        return Task(name, source, data, network, recipe, plain)

    def space(self, name: str) -> Space:
        """Return what a search of the task may choose from; its network (and TensorFlow) is imported.

        Raises BadParams for a key that cannot be searched, a wrong distribution, and an end of a range or
        a choice that the task does not accept.
        """
        task, path = self.task(name), f"tasks.{name}.search"
        entries = task.section.get("search")
        if not isinstance(entries, Mapping) or not entries:
            example = "`model.units: {kind: int, low: 32, high: 256, log: true}`"
            raise BadParams(f"{self.at(path)}: nothing to search. Name keys and their ranges, as {example}.")
        space = {}
        for key, entry in entries.items():
            self._check_searched(path, key, task)
            space[key] = self._distribution(f"{path}.{key}", entry)
        sections = {"model": type(task.network()), "fit": Recipe}
        for key, distribution in space.items():
            self._check_extremes(name, key, distribution, sections[key.partition(".")[0]])
        return space

    def _check_searched(self, path: str, key: str, task: Task) -> None:
        at = self.at(f"{path}.{key}")
        if key in NOT_SEARCHED:
            raise BadParams(f"{at}: it cannot be searched: {NOT_SEARCHED[key]}. Take it out.")
        if key.partition(".")[0] in ("source", "data"):
            raise BadParams(f"{at}: data is encoded once a study. Search keys of model and fit alone.")
        searched = [k for k in task.values() if k.startswith(("model.", "fit.")) and k not in NOT_SEARCHED]
        if key not in searched:
            raise self.unknown(path, key, searched)

    def _distribution(self, path: str, entry: Any) -> Distribution:
        if not isinstance(entry, Mapping):
            raise BadParams(f"{self.at(path)}: it must be a mapping with a `kind`: {', '.join(KINDS)}.")
        if "kind" not in entry:
            raise BadParams(f"{self.at(f'{path}.kind')}: missing. Add it: {', '.join(KINDS)}.")
        kind = str(entry["kind"])
        if kind not in KINDS:
            raise BadParams(f"{self.at(f'{path}.kind')}: no distribution {kind!r}{nearest(kind, KINDS)}.")
        checked: Distribution = self.typed(entry, KINDS[kind], path)
        return checked

    def _check_extremes(self, name: str, key: str, distribution: Distribution, kind: type) -> None:
        section = f"tasks.{name}.{key.partition('.')[0]}"
        for place, value in enumerate(distribution.extremes()):
            try:
                self.having({f"tasks.{name}.{key}": value}).section(kind, section)
            except BadParams as error:
                end = "choices" if isinstance(distribution, Categorical) else ("low", "high")[place]
                at, reason = self.at(f"tasks.{name}.search.{key}.{end}"), str(error).split(": ", 2)[-1]
                raise BadParams(f"{at}: the task does not accept {value!r}: {reason}") from None

    def _check_sections(self, name: str, section: Any) -> None:
        if not isinstance(section, Mapping):
            raise BadParams(f"{self.path.name}: tasks.{name}: it must be a mapping of {', '.join(SECTIONS)}.")
        for key in section:
            if key not in SECTIONS:
                raise self.unknown(f"tasks.{name}", str(key), SECTIONS)
        for key in SECTIONS[:-1]:
            if key not in section:
                raise BadParams(f"{self.path.name}: tasks.{name}.{key}: missing. Add it.")

    def _check_secrets(self, path: str, source: str | list[str]) -> None:
        """Refuse a secret: DVC copies it to dvc.lock, and git keeps both files."""
        for address in [source] if isinstance(source, str) else source:
            if secret := secret_of(address):
                raise BadParams(
                    f"{self.at(path)}: {masked(address)} holds {secret}, which git and dvc.lock would keep. "
                    "Write `$NAME` for it, and set the variable NAME; or put user and password into ~/.netrc."
                )


def _module(task: str, part: str) -> ModuleType:
    known = [m.name for m in pkgutil.iter_modules(seqops.tasks.__path__)]
    if task not in known:
        raise BadParams(f"there is no folder src/seqops/tasks/{task}{nearest(task, known)}.")
    return importlib.import_module(f"seqops.tasks.{task}.{part}")


def data_module(task: str) -> ModuleType:
    """Return the task's `data` module."""
    return _module(task, "data")
