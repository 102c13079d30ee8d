"""params.yaml: its sections and the configured tasks; errors name the key, its line and the fix."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import seqops.tasks
from seqops.core import settings
from seqops.core.address_secrets import secret_of
from seqops.core.errors import ConfigError, quoted
from seqops.core.interfaces import Dataset, Endpoint, Evaluation, Metrics, Model, Network, Task
from seqops.core.raw_folder import Addresses, Source, SplitName, sources_of
from seqops.core.redaction import redact
from seqops.core.registration import Registration
from seqops.core.settings import (
    DownloadSettings,
    DriftSettings,
    FitConfig,
    NotificationSettings,
    RegistrySettings,
    RetrainingSettings,
    TuningSettings,
)
from seqops.core.task_parts import DATASET, ENDPOINT, EVALUATION, METRICS, NETWORK, module_of
from seqops.core.yaml_file import Document, nearest
from seqops.runtime.environment import silence_stderr

SECTIONS = ("source", "data", "model", "fit", "search", "registry")
OPTIONAL = ("search", "registry")
SHARED = ("evaluation", "registry", "drift", "tuning", "notify", "retraining", "download")


@dataclass(frozen=True)
class Params(Document):
    """The content of params.yaml."""

    @classmethod
    def load(cls, path: Path) -> Params:
        """Read the file. Raises ConfigError, also for a section that does not exist."""
        loaded = super().load(path)
        for key in loaded.content:
            if key not in (*SHARED, "tasks"):
                raise loaded.unknown("", str(key), (*SHARED, "tasks"))
        return loaded

    @property
    def names(self) -> list[str]:
        """The names of the tasks."""
        return list(self.content["tasks"])

    @property
    def evaluation(self) -> settings.EvaluationSettings:
        """The `evaluation` section."""
        return self.section(settings.EvaluationSettings, "evaluation")

    @property
    def registry(self) -> RegistrySettings:
        """The `registry` section."""
        return self.section(RegistrySettings, "registry")

    @property
    def drift(self) -> DriftSettings:
        """The `drift` section."""
        return self.section(DriftSettings, "drift")

    @property
    def tuning(self) -> TuningSettings:
        """The `tuning` section."""
        return self.section(TuningSettings, "tuning")

    @property
    def notify(self) -> NotificationSettings:
        """The `notify` section."""
        return self.section(NotificationSettings, "notify")

    @property
    def retraining(self) -> RetrainingSettings:
        """The `retraining` section."""
        return self.section(RetrainingSettings, "retraining")

    @property
    def download(self) -> DownloadSettings:
        """The `download` section; bundles, and projects of former releases, have none."""
        return (
            self.section(DownloadSettings, "download") if "download" in self.content else DownloadSettings()
        )

    def task(self, name: str) -> Task:
        """Configure one task; all its parts except the dataset are imported on first use.

        Raises ConfigError for an unknown task and for an unknown, missing or invalid key.
        """
        if name not in self.content["tasks"]:
            raise ConfigError(f"{self.path.name}: unknown task {quoted(name)}{nearest(name, self.names)}")
        section = self.content["tasks"][name]
        self._check_sections(name, section)
        data = self.section(_module(name, DATASET).Dataset, f"tasks.{name}.data")
        fit_config = self._fit_config(f"tasks.{name}.fit")
        if "registry" in section:
            self.section(Registration, f"tasks.{name}.registry")
        source = self.typed(section["source"], _kind(section["source"]), f"tasks.{name}.source")
        self._check_secrets(f"tasks.{name}.source", source)
        self._check_named_splits(f"tasks.{name}.source", source, data)

        def network() -> Model:
            with silence_stderr():
                net: type[Network] = _module(name, NETWORK).Network
            return self.section(net, f"tasks.{name}.model").configured()

        def metrics() -> Metrics:
            built: Metrics = _module(name, METRICS).Metrics(data)
            return built

        def evaluation() -> Evaluation:
            built: Evaluation = _module(name, EVALUATION).Evaluation(data, metrics())
            return built

        def endpoint() -> Endpoint:
            built: Endpoint = _module(name, ENDPOINT).Endpoint(data)
            return built

        plain = {key: self.typed(value, Any, f"tasks.{name}.{key}") for key, value in section.items()}
        return Task(name, source, data, network, metrics, evaluation, endpoint, fit_config, plain)

    def _fit_config(self, path: str) -> FitConfig:
        fit_config = self.section(FitConfig, path)
        if fit_config.refit and fit_config.stages:
            raise ConfigError(
                f"{self.at(f'{path}.refit')}: a fit in stages cannot be repeated. Set it to false, or "
                "remove fit.stages."
            )
        if fit_config.adapter.kind != "none" and (fit_config.refit or fit_config.stages):
            key = "refit" if fit_config.refit else "stages"
            raise ConfigError(
                f"{self.at(f'{path}.{key}')}: adapters are trained in one stage, once. Remove it, or set "
                "fit.adapter.kind to none."
            )
        return fit_config

    def _check_sections(self, name: str, section: Any) -> None:
        if not isinstance(section, Mapping):
            raise ConfigError(f"{self.path.name}: tasks.{name}: must be a mapping of {', '.join(SECTIONS)}.")
        for key in section:
            if key not in SECTIONS:
                raise self.unknown(f"tasks.{name}", str(key), SECTIONS)
        for key in SECTIONS:
            if key not in section and key not in OPTIONAL:
                raise ConfigError(f"{self.path.name}: tasks.{name}.{key}: missing. Add it.")

    def _check_named_splits(self, path: str, source: Source, data: Dataset) -> None:
        if not isinstance(source, Mapping):
            return
        if not data.takes_named_splits:
            raise ConfigError(
                f"{self.at(path)}: names the files of splits, which this task draws itself. "
                "Give a file or a list of files."
            )
        if absent := [name for name in ("train", "test") if not source.get(name)]:
            raise ConfigError(
                f"{self.at(path)}: no files for {absent[0]}. Name files for train and test; those of "
                "validation are drawn from train if none are named."
            )

    def _check_secrets(self, path: str, source: Source) -> None:
        """Raise ConfigError for a secret: DVC copies it to dvc.lock, and git records both files."""
        for _, address in sources_of(source):
            if secret := secret_of(address, self.download.public_keys):
                raise ConfigError(
                    f"{self.at(path)}: {redact(address)} contains {secret}, which git and dvc.lock would "
                    "record. Write `$NAME` instead and set the environment variable NAME, or put user and "
                    "password into ~/.netrc. If it is not secret, add its key to download.public_keys."
                )


def _kind(source: Any) -> Any:
    """Return the type that a source must have, one rather than a union, for a message that names the key."""
    return dict[SplitName, Addresses] if isinstance(source, Mapping) else Addresses


def _module(task: str, part: str) -> ModuleType:
    known = [m.name for m in pkgutil.iter_modules(seqops.tasks.__path__)]
    if task not in known:
        raise ConfigError(f"missing folder src/seqops/tasks/{task}{nearest(task, known)}")
    return importlib.import_module(module_of(task, part))
