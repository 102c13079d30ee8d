"""A separate checkout for a test, with one epoch per task; and its stages, run in a child process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from seqops.params import Params

HERE = Path(__file__).parent
NAMES = Params.load(HERE.parent / "params.yaml").names
STAGES = "download,validate,preprocess,train,repeat,evaluate"
SMALLER = {
    "forecast": {"model": {"ensemble_size": 2}},
    "ner": {"data": {"sentences": 600}},
    "labelling": {"data": {"sequences": 200}},
    "textgen": {"data": {"sample_chars": 40_000}},
    "sentiment": {"data": {"reviews": 600}},
}
"""Settings of tasks that take less time than those of params.yaml."""


def project(root, seeds=1):
    """Copy the files of a checkout, with small tasks of one epoch whose models have `seeds` seeds."""
    root.mkdir()
    for name in ("params.yaml", "dvc.yaml", "requirements.lock", ".dvcignore"):
        shutil.copy(HERE.parent / name, root / name)
    shutil.copytree(HERE.parent / "pipelines", root / "pipelines")
    (root / "data").mkdir()
    shutil.copy(HERE.parent / "data" / "catalog.yaml", root / "data" / "catalog.yaml")
    yaml = YAML()
    document = yaml.load(root / "params.yaml")
    document["evaluation"]["seeds"] = seeds
    for name, task in document["tasks"].items():
        task["fit"]["epochs"] = 1
        for section, values in SMALLER.get(name, {}).items():
            task[section].update(values)
    yaml.dump(document, root / "params.yaml")
    return root


def start(root, stages=STAGES, names=NAMES):
    """Start stages of tasks in a child process."""
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, str(HERE / "run_stages.py"), str(root), stages, *names]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
