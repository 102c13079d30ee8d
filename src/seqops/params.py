"""params.yaml -> configured tasks; every refusal names the key, its line and what to do."""

from __future__ import annotations

import copy
import difflib
import importlib
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from annotated_types import Ge, Gt, Lt
from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

import seqops.tasks
from seqops.blocks.rewrite import NotInPlace, rewritten
from seqops.blocks.search.space import KINDS, Distribution, Space
from seqops.contract import BadParams, Count, Network, Positive, Recipe, Task, flattened
from seqops.environment import hushed
from seqops.store import Store

T = TypeVar("T")
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
    (0: slices do not count).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: Annotated[float, Gt(0.0), Lt(1.0)]
    guard: Annotated[float, Ge(0.0), Lt(1.0)]


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
    seeds: Positive


@dataclass(frozen=True)
class Params:
    """The whole of params.yaml."""

    path: Path
    document: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Params:
        """Read the file. Raises BadParams for anything but a mapping with a `tasks` mapping."""
        try:
            document = YAML(typ="rt", pure=True).load(path.read_text("utf-8"))
        except FileNotFoundError:
            raise BadParams(f"{path} does not exist. Restore it: `git checkout params.yaml`.") from None
        except (MarkedYAMLError, UnicodeDecodeError) as error:
            raise BadParams(f"{path.name} is not valid YAML: {' '.join(str(error).split())}") from None
        if not isinstance(document, Mapping) or not isinstance(document.get("tasks"), Mapping):
            raise BadParams(f"{path.name}: it must be a mapping with a mapping `tasks` in it.")
        return cls(path, document)

    @property
    def names(self) -> list[str]:
        """The tasks of the file."""
        return list(self.document["tasks"])

    @property
    def evaluation(self) -> Evaluation:
        """The `evaluation` section."""
        return self._section(Evaluation, "evaluation")

    @property
    def registry(self) -> Registry:
        """The `registry` section."""
        return self._section(Registry, "registry")

    @property
    def tuning(self) -> Tuning:
        """The `tuning` section."""
        return self._section(Tuning, "tuning")

    def task(self, name: str) -> Task:
        """Configure one task; its network (and TensorFlow) is imported when `network()` is called."""
        if name not in self.document["tasks"]:
            raise BadParams(f"{self.path.name}: there is no task {name!r}{_nearest(name, self.names)}.")
        section = self.document["tasks"][name]
        self._check_sections(name, section)
        data = self._section(_module(name, "data").Task, f"tasks.{name}.data")
        recipe = self._section(Recipe, f"tasks.{name}.fit")
        source = self._typed(section["source"], str | list[str], f"tasks.{name}.source")

        def network() -> Network:
            with hushed():
                net: type[Network] = _module(name, "network").Net
            return self._section(net, f"tasks.{name}.model")

        return Task(name, source, data, network, recipe, _plain(section))

    def space(self, name: str) -> Space:
        """Return what a search of the task may choose from; its network (and TensorFlow) is imported.

        Raises BadParams for a key that cannot be searched, a wrong distribution, and an end of a range or
        a choice that the task would not accept.
        """
        task, path = self.task(name), f"tasks.{name}.search"
        entries = task.section.get("search")
        if not isinstance(entries, Mapping) or not entries:
            example = "`model.units: {kind: int, low: 32, high: 256, log: true}`"
            raise BadParams(f"{self._where(path)}: {path}: it must name what may be chosen, such as {example}.")
        space = {}
        for key, entry in entries.items():
            self._check_searched(path, key, task)
            space[key] = self._distribution(f"{path}.{key}", entry)
        sections = {"model": type(task.network()), "fit": Recipe}
        for key, distribution in space.items():
            self._check_extremes(name, key, distribution, sections[key.partition(".")[0]])
        return space

    def having(self, values: Mapping[str, Any]) -> Params:
        """Return a copy with the values of dotted keys (`tasks.<name>.model.units`) set.

        Raises BadParams for a key that is not there; the values are checked when the sections are read.
        """
        document = copy.deepcopy(self.document)
        for full, value in values.items():
            *parents, last = full.split(".")
            section: Any = document
            for place, key in enumerate([*parents, last]):
                if not isinstance(section, Mapping) or key not in section:
                    raise self._unknown(".".join(parents[:place]), key, section)
                section, holder = section[key], section
            holder[last] = value
        return Params(self.path, document)

    def edited(self, values: Mapping[str, Any]) -> str:
        """Return the text of the file, as it stands on disk now, with the values of dotted keys set.

        Everything else keeps every character. Raises BadParams as `having`, and for what is no single value.
        """
        now = Params.load(self.path)
        now.having(values)
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                return rewritten(file.read(), values)
        except NotInPlace as error:
            key = str(error)
            raise BadParams(f"{now._where(key)}: {key}: it holds no single value. Set it by hand.") from None

    def _check_searched(self, path: str, key: str, task: Task) -> None:
        where = f"{self._where(f'{path}.{key}')}: {path}.{key}"
        known = [k for k in task.values() if k.startswith(("model.", "fit.")) and k not in NOT_SEARCHED]
        if key in NOT_SEARCHED:
            raise BadParams(f"{where}: it cannot be searched, for {NOT_SEARCHED[key]}. Take it out.")
        if key.partition(".")[0] in ("data", "source"):
            raise BadParams(f"{where}: data is encoded once a study. Search keys of model and fit alone.")
        if key not in known:
            raise self._unknown(path, key, known)

    def _distribution(self, path: str, entry: Any) -> Distribution:
        if not isinstance(entry, Mapping):
            raise BadParams(f"{self._where(path)}: {path}: it must be a mapping with a kind: {', '.join(KINDS)}.")
        if "kind" not in entry:
            raise BadParams(f"{self._where(path)}: {path}.kind: missing. Add it: {', '.join(KINDS)}.")
        if (kind := entry["kind"]) not in KINDS:
            where = f"{self._where(f'{path}.kind')}: {path}.kind"
            raise BadParams(f"{where}: there is no distribution {kind!r}{_nearest(str(kind), KINDS)}.")
        checked: Distribution = self._typed(entry, KINDS[kind], path)
        return checked

    def _check_extremes(self, name: str, key: str, distribution: Distribution, kind: type) -> None:
        part = key.partition(".")[0]
        ends = ["choices"] * len(distribution.extremes()) if kind_of(distribution) else ["low", "high"]
    def _check_sections(self, name: str, section: Any) -> None:
        if not isinstance(section, Mapping):
            raise BadParams(f"{self.path.name}: tasks.{name}: it must be a mapping of {', '.join(SECTIONS)}.")
        for key in section:
            if key not in SECTIONS:
                raise self._unknown(f"tasks.{name}", str(key), SECTIONS)
        for key in SECTIONS[:-1]:
            if key not in section:
                raise BadParams(f"{self.path.name}: tasks.{name}.{key}: missing. Add it.")

    def _section(self, cls: type[T], path: str) -> T:
        value: Any = self.document
        for key in path.split("."):
            if not isinstance(value, Mapping) or key not in value:
                raise BadParams(f"{self.path.name}: {path}: missing. Add it.")
            value = value[key]
        checked: T = self._typed(value, cls, path)
        return checked

    def _typed(self, value: Any, kind: Any, path: str) -> Any:
        try:
            # by way of JSON, where strict mode still takes a list for a tuple
            return TypeAdapter(kind).validate_json(json.dumps(value, allow_nan=False), strict=True)
        except ValidationError as error:
            raise self._refusal(error, kind, path) from None
        except (TypeError, ValueError) as error:
            raise BadParams(f"{self.path.name}: {path}: {error}") from None

    def _refusal(self, error: ValidationError, kind: Any, path: str) -> BadParams:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"]]
        full = ".".join([path, *keys])
        if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            known = [f.name for f in fields(kind)] if len(keys) == 1 else []
            return self._unknown(".".join(full.split(".")[:-1]), keys[-1], known)
        if first["type"] in ("missing", "missing_argument"):
            return BadParams(f"{self._where(full)}: {full}: missing. Add it.")
        return BadParams(f"{self._where(full)}: {full}: {first['msg']}, got {first['input']!r}.")

    def _unknown(self, parent: str, key: str, known: Any) -> BadParams:
        full = f"{parent}.{key}"
        return BadParams(f"{self._where(full)}: {full}: unknown key{_nearest(key, known)}.")

    def _where(self, path: str) -> str:
        """Name the file, and the line of the deepest key of the path that stands in it."""
        value: Any = self.document
        line: int | None = None
        for key in path.split("."):
            if not isinstance(value, Mapping) or key not in value:
                break
            line = value.lc.key(key)[0] + 1 if hasattr(value, "lc") else None
            value = value[key]
        return self.path.name if line is None else f"{self.path.name}:{line}"


def overrides(store: Store, preset: str, tasks: Sequence[str] | None = None) -> list[str]:
    """Flatten `presets/<preset>.yaml` to `key=value` options. Raises BadParams for an unknown name."""
    folder = store.root / "presets"
    path = folder / f"{preset}.yaml"
    if not path.is_file():
        known = sorted(p.stem for p in folder.glob("*.yaml"))
        raise BadParams(f"there is no preset {preset!r}{_nearest(preset, known)}.")
    chosen = Params.load(path).document["tasks"]
    for task in tasks or ():
        if task not in chosen:
            raise BadParams(f"{path.name}: there is no task {task!r}{_nearest(task, chosen)}.")
    flat = flattened({name: chosen[name] for name in tasks or chosen}, "tasks")
    return [f"{key}={json.dumps(value, separators=(',', ':'))}" for key, value in flat.items()]


def _nearest(key: str, known: Any) -> str:
    close = difflib.get_close_matches(key, [str(k) for k in known], n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else (f"; known: {', '.join(known)}" if known else "")


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def _module(task: str, part: str) -> ModuleType:
    known = [m.name for m in pkgutil.iter_modules(seqops.tasks.__path__)]
    if task not in known:
        raise BadParams(f"there is no folder src/seqops/tasks/{task}{_nearest(task, known)}.")
    return importlib.import_module(f"seqops.tasks.{task}.{part}")


def data_module(task: str) -> ModuleType:
    """Return the task's `data` module."""
    return _module(task, "data")
