"""Presets: values of params.yaml for published data, one file each, validated before a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqops.core.dotted_keys import flattened
from seqops.core.errors import ConfigError, quoted
from seqops.core.project import Project
from seqops.core.settings import EvaluationSettings
from seqops.core.yaml_file import Document, nearest
from seqops.params import Params

SECTIONS = ("evaluation", "tasks")
"""The sections of params.yaml of which a preset may have values."""


def names(project: Project) -> list[str]:
    """List the files of presets/ without their extension."""
    return sorted(path.stem for path in (project.root / "presets").glob("*.yaml"))


@dataclass(frozen=True)
class Preset(Params):
    """params.yaml with the values of a preset; errors name the line in the preset's own file."""

    base: Document
    chosen: Document

    @classmethod
    def read(cls, project: Project, name: str) -> Preset:
        """Read `presets/<name>.yaml` over params.yaml.

        Raises ConfigError for an unknown name, task or key.
        """
        path = project.root / "presets" / f"{name}.yaml"
        if not path.is_file():
            raise ConfigError(f"unknown preset {quoted(name)}{nearest(name, names(project))}")
        base, chosen = Params.load(project.params), Document.load(path)
        preset = cls(path, _without_names(_merged(base.content, chosen.content), chosen), base, chosen)
        for key in chosen.content:
            if key not in SECTIONS:
                raise chosen.unknown("", str(key), SECTIONS)
        preset.section(EvaluationSettings, "evaluation")
        for task in chosen.content["tasks"]:
            if task not in base.names:
                raise chosen.unknown("tasks", task, base.names)
            preset._check_model(task)
        return preset

    @property
    def tasks(self) -> list[str]:
        """The tasks for which the preset has values."""
        return list(self.chosen.content["tasks"])

    def at(self, path: str) -> str:
        """Return the preset's file name, the line of a dotted path in it, and the path."""
        return self.chosen.at(path)

    def select_tasks(self, tasks: Sequence[str] | None) -> list[str]:
        """Return the given tasks, by default all. Raises ConfigError for one that the preset lacks."""
        for task in tasks or ():
            if task not in self.tasks:
                raise ConfigError(f"{self.path.name}: unknown task {quoted(task)}{nearest(task, self.tasks)}")
        return list(tasks or self.tasks)

    def options(self, tasks: Sequence[str] | None = None) -> list[str]:
        """Flatten the values to `key=value` for `dvc exp run -S`; `+` marks keys missing in params.yaml, and
        `~` those to remove.

        Raises ConfigError for a value that its task does not accept; values of the network are checked when
        `task(name).network()` is built.
        """
        chosen = {}
        for name in self.select_tasks(tasks):
            self.task(name)
            chosen[name] = self.chosen.content["tasks"][name]
        known = flattened(self.base.content)
        flat = flattened({**self.chosen.content, "tasks": chosen})
        options = [f"{'' if key in known else '+'}{key}={hydra(value)}" for key, value in flat.items()]
        before, after = self.base.content["tasks"], self.content["tasks"]
        unnamed = [name for name in chosen if "registry" in before[name] and "registry" not in after[name]]
        return [*options, *(f"~tasks.{name}.registry" for name in unnamed)]

    def _check_model(self, task: str) -> None:
        """Raise ConfigError for a model key that params.yaml lacks, without importing TensorFlow."""
        section = self.chosen.content["tasks"][task]
        if not isinstance(section, Mapping):
            raise ConfigError(f"{self.at(f'tasks.{task}')}: must be a mapping of sections.")
        known = flattened(self.base.content["tasks"][task].get("model", {}))
        for key in flattened(section.get("model", {})):
            if key not in known:
                raise self.unknown(f"tasks.{task}.model", key, known)


def _without_names(merged: dict[str, Any], chosen: Document) -> dict[str, Any]:
    """Leave out the names that params.yaml gives to registered models of other data than the preset's."""
    tasks = dict(merged["tasks"])
    for name, section in chosen.content["tasks"].items():
        if isinstance(section, Mapping) and "source" in section and "registry" not in section:
            tasks[name] = {key: value for key, value in tasks[name].items() if key != "registry"}
    return {**merged, "tasks": tasks}


def _merged(base: Any, chosen: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(chosen, Mapping):
        return chosen
    merged = dict(base)
    for key, value in chosen.items():
        merged[key] = _merged(base[key], value) if key in base else value
    return merged


def hydra(value: Any) -> str:
    """Format a value in Hydra's override grammar, without adding spaces.

    Source: hydra.cc/docs/advanced/override_grammar/basic (keys are unquoted; a backslash is doubled only
    before a quote).
    """
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{hydra(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(hydra(inner) for inner in value)}]"
    if isinstance(value, str):
        escaped = re.sub(r'\\*(?:"|\Z)', _escaped, value)
        return f'"{escaped}"'
    return json.dumps(value)


def _escaped(found: re.Match[str]) -> str:
    return found[0].replace("\\", "\\\\").replace('"', '\\"')
