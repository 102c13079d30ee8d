"""A small project whose stages take seconds, restored between kills to its state before a stage."""

import shutil
from pathlib import Path

from killed_child import run_in_child, stage
from ruamel.yaml import YAML

import checkout
from seqops.core.files import sha256_of
from seqops.params import Params

TASK = "labelling"
STAGES = {"download": "download", "validate": "validate", "preprocess": "preprocess", "train": "train_task",
          "repeat": "repeat_task", "evaluate": "evaluate_task"}  # fmt: skip
DATA = {"sequences": 90, "test": 0.3, "validation": 0.2}
MODEL = {"kind": "gru", "direction": "forward", "units": 4, "dropout": 0.3}
FIT = {"epochs": 3, "patience": 3, "batch_size": 8}


def change(root, **sections):
    """Set values in the sections of the task in params.yaml."""
    yaml, path = YAML(), root / "params.yaml"
    document = yaml.load(path)
    for name, values in sections.items():
        section = document if name == "evaluation" else document["tasks"][TASK]
        section[name].update(values)
    yaml.dump(document, path)


def create_project(root):
    """Create a project of one small task: dropout, shuffling, three epochs."""
    checkout.project(root)
    change(root, data=DATA, model=MODEL, fit=FIT, evaluation={"resamples": 50, "seeds": 3})
    return root


def run(root, name, **options):
    """Run a stage of the project's task in a child."""
    return run_in_child(root, stage, name, STAGES[name], TASK, **options)


def outputs(root, name):
    """Return the paths of the outputs that a stage declares in dvc.yaml."""
    declared = YAML(typ="safe").load(root / "dvc.yaml")["stages"][name]["do"]
    listed = [out for kind in ("outs", "plots", "metrics") for out in declared.get(kind, [])]
    paths = [next(iter(out)) if isinstance(out, dict) else out for out in listed]
    return [root / path.replace("${key}", TASK) for path in paths]


def hashes(root, name):
    """Hash every file of a stage's outputs, including hidden ones, by its path in the project."""
    paths = [p for out in outputs(root, name) for p in ([out] if out.is_file() else out.rglob("*"))]
    return {str(path.relative_to(root)): sha256_of(path) for path in paths if path.is_file()}


def restore(snapshot, root):
    """Restore a project; always to the same path, because a tracking store contains absolute ones."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(snapshot, root)


class Snapshots:
    """The project before each stage: its inputs are new, its outputs come from an earlier run."""

    def __init__(self, folder):
        self.folder, self.root = Path(folder), Path(folder) / "project"
        self.undisturbed, self.earlier, self.results = {}, {}, {}
        create_project(self.root)
        change(self.root, data={"seed": 1}, fit={"seed": 1})
        for name in STAGES:
            self._run(name)
        change(self.root, data={"seed": 0}, fit={"seed": 0})
        for name in STAGES:
            shutil.copytree(self.root, self.before(name))
            self.earlier[name] = hashes(self.root, name)
            self.results[name] = self._run(name)
            self.undisturbed[name] = hashes(self.root, name)

    def _run(self, name):
        result = run(self.root, name)
        assert result.code == 0, result.output
        return result

    def before(self, name):
        return self.folder / f"before-{name}"

    def restore(self, name):
        restore(self.before(name), self.root)

    @property
    def task(self):
        return Params.load(self.root / "params.yaml").task(TASK)
