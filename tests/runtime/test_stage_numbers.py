"""A stage says its number among those of the run that a command has counted, and how long it took."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo
from dvc.repo.reproduce import collect_stages, get_active_graph, plan_repro

from seqops.runtime.stage_numbers import VARIABLE, numbered, place_of, planned

ROOT = Path(__file__).parents[2]
STAGE = "from seqops.runtime.console import run_stage\nrun_stage(lambda task: '6 epochs, best 5')\n"


def test_the_plan_of_a_task_is_the_order_in_which_dvc_goes_through_its_stages(monkeypatch):
    monkeypatch.chdir(ROOT)
    with Repo(str(ROOT)) as repo:
        last = collect_stages(repo, ["evaluate@ner"])
        order = [stage.name for stage in plan_repro(get_active_graph(repo.index.graph), last)]
    assert planned(ROOT, ["ner"]) == order and len(order) == 6


def test_tasks_are_counted_one_after_the_other(tmp_path):
    each = "  {}:\n    foreach: ${{tasks}}\n    do: {{cmd: x}}\n"
    stages = "stages:\n" + "".join(map(each.format, ("train", "evaluate"))) + "  publish:\n    cmd: y\n"
    (tmp_path / "dvc.yaml").write_text(stages)
    assert planned(tmp_path, ["ner", "forecast"]) == [
        "train@ner",
        "evaluate@ner",
        "train@forecast",
        "evaluate@forecast",
    ]


@pytest.mark.parametrize(
    ("stages", "place"),
    [
        (["train@ner", "evaluate@ner"], "stage 2 of 2: evaluate ner"),
        (["train@ner"], "evaluate ner"),
        ([], "evaluate ner"),
    ],
)
def test_a_stage_that_was_not_counted_has_no_number(monkeypatch, stages, place):
    monkeypatch.setenv(VARIABLE, numbered({}, stages)[VARIABLE])
    assert place_of("evaluate", "ner") == place


def test_a_stage_says_its_number_at_its_start_and_what_it_did_at_its_end(tmp_path):
    (tmp_path / "params.yaml").write_text("evaluation: {}\nregistry: {}\ntasks: {ner: {source: sample}}\n")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "train.py").write_text(STAGE)
    environment = numbered({**os.environ, "SEQOPS_ROOT": str(tmp_path)}, ["preprocess@ner", "train@ner"])
    command = [sys.executable, str(tmp_path / "train.py"), "ner"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    first, last = done.stderr.splitlines()
    assert first == "stage 2 of 2: train ner"
    assert re.fullmatch(r"stage 2 of 2: train ner, \d+ s: 6 epochs, best 5", last)
