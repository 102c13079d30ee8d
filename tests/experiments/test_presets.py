"""Presets: every preset of the repository is valid, errors are reported by name, values survive a shell."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML
from typer.testing import CliRunner

from seqops.cli import app
from seqops.cli.presets import REFUSED, experiment
from seqops.core.dotted_keys import flattened
from seqops.core.errors import ConfigError
from seqops.core.project import Project
from seqops.experiments import presets
from seqops.experiments.presets import Preset, hydra
from seqops.params import Params

ROOT = Path(__file__).parents[2]
CHECKOUT = Project(ROOT)
TRICKY = {
    "text": "two words, one comma",
    "number in a text": "12",
    "quote": 'a "quoted" word',
    "path": r"\w+\t \"and\" \\",
    "empty": "",
    "no text": "null",
    "Korean": "한국어",
    "list": [2, 3, 4],
    "texts": ["a b", "c", "[d]"],
    "mappings": [{"epochs": 1, "layers": ["x", "y z"]}, {"epochs": 2, "layers": []}],
    "small": 1e-05,
    "none": None,
    "yes": True,
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout with params.yaml and no preset; returns a function that writes one."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "presets").mkdir()
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))

    def write(text, name="mine"):
        (tmp_path / "presets" / f"{name}.yaml").write_text(f"tasks:\n{text}", "utf-8")
        return Project(tmp_path)

    return write


@pytest.mark.parametrize("name", presets.names(CHECKOUT))
def test_every_preset_of_the_repository_is_accepted_by_its_tasks(name):
    preset = Preset.read(CHECKOUT, name)
    assert preset.tasks
    for task in preset.tasks:
        configured = preset.task(task)
        configured.network()
        chosen = flattened(preset.chosen.content["tasks"][task])
        assert {key: configured.values()[key] for key in chosen} == chosen


def test_no_two_presets_of_a_task_are_the_same():
    seen = {}
    for name in presets.names(CHECKOUT):
        preset = Preset.read(CHECKOUT, name)
        for task in preset.tasks:
            values = (task, str(preset.task(task).values()))
            assert seen.setdefault(values, name) == name


def test_a_preset_changes_only_its_own_keys(project):
    preset = Preset.read(project("  ner:\n    model:\n      units: 7\n    fit: {epochs: 2}\n"), "mine")
    before, after = Params.load(ROOT / "params.yaml").task("ner").values(), preset.task("ner").values()
    assert {key: value for key, value in after.items() if before[key] != value} == {
        "model.units": 7,
        "fit.epochs": 2,
    }
    assert preset.options() == ["tasks.ner.model.units=7", "tasks.ner.fit.epochs=2"]


def test_a_preset_may_set_the_number_of_seeds(project):
    store = project("  ner:\n    fit: {epochs: 2}\nevaluation: {seeds: 3}\n")
    preset = Preset.read(store, "mine")
    assert (preset.evaluation.seeds, preset.evaluation.resamples) == (3, 2000)
    assert preset.options() == ["tasks.ner.fit.epochs=2", "evaluation.seeds=3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "  ner: {}\nevaluation:\n  seedz: 3\n",
            r"mine\.yaml:4: evaluation\.seedz: unknown key; did you mean 'seed'\?",
        ),
        (
            "  ner: {}\nevaluation:\n  seeds: 0\n",
            r"mine\.yaml:4: evaluation\.seeds: Input should be greater than 0, got 0\.",
        ),
        (
            "  ner: {}\nregistry: {alpha: 0.1}\n",
            r"mine\.yaml:3: registry: unknown key; known: evaluation, tasks\.",
        ),
        ("  nre:\n    source: sample\n", r"mine\.yaml:2: tasks\.nre: unknown key; did you mean 'ner'\?"),
        ("  ner: sample\n", r"mine\.yaml:2: tasks\.ner: must be a mapping of sections\."),
        (
            "  ner:\n    modell: {units: 7}\n",
            r"mine\.yaml:3: tasks\.ner\.modell: unknown key; did you mean 'model'\?",
        ),
        (
            "  ner:\n    model:\n      crf: true\n      unitz: 7\n",
            r"mine\.yaml:5: tasks\.ner\.model\.unitz: unknown key; did you mean 'units'\?",
        ),
        (
            "  ner:\n    data:\n      spilt: grouped\n",
            r"mine\.yaml:4: tasks\.ner\.data\.spilt: unknown key; did you mean 'split'\?",
        ),
        (
            "  ner:\n    fit:\n      epochs: 0\n",
            r"mine\.yaml:4: tasks\.ner\.fit\.epochs: Input should be greater than 0, got 0\.",
        ),
        (
            "  ner:\n    model:\n      kind: rnn\n",
            r"mine\.yaml:4: tasks\.ner\.model\.kind: "
            r"Input should be 'lstm', 'gru' or 'feature_crf', got 'rnn'\.",
        ),
    ],
)
def test_an_invalid_preset_is_refused_with_its_own_line(project, text, message):
    store = project(text)
    with pytest.raises(ConfigError, match=rf"^{message}"):
        experiment(Preset.read(store, "mine"), ["ner"])


def test_an_invalid_preset_is_refused_before_dvc_is_called(project, monkeypatch):
    project("  ner:\n    model:\n      unitz: 7\n")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("DVC was called"))
    done = CliRunner().invoke(app, ["run", "mine"])
    assert done.exit_code == 1
    assert "tasks.ner.model.unitz" in done.stderr
    assert "did you mean 'mine'" in CliRunner().invoke(app, ["run", "mien"]).stderr


def test_the_state_folder_can_be_set_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQOPS_STATE", raising=False)
    assert Project(tmp_path).state == tmp_path / ".state"
    monkeypatch.setenv("SEQOPS_STATE", "/elsewhere")
    assert Project(tmp_path).state == Path("/elsewhere")


@pytest.mark.parametrize("name", TRICKY)
def test_dvc_parses_an_option_as_the_value_of_the_preset(tmp_path, name):
    path = tmp_path / "params.yaml"
    path.write_text("a:\n  b: 0\n", "utf-8")
    apply_overrides(path, [f"a.b={hydra(TRICKY[name])}"])
    assert YAML(typ="safe").load(path) == {"a": {"b": TRICKY[name]}}


def test_the_options_of_a_preset_survive_a_shell(project, tmp_path):
    stages = "[{epochs: 1, learning_rate: 0.00001}, {epochs: 2, learning_rate: 0.1, layers: [a, b]}]"
    text = f"""  ner:
    source: "*"
    model: {{kernel_sizes: [2, 5]}}
    fit:
      decay: {{rate: 0.5}}
      stages: {stages}
"""
    store = project(text)
    command = f"{sys.executable} -c 'from seqops.cli import app; app()' preset mine"
    shell = ["bash", "-c", f'printf "%s\\n" $({command})']
    words = subprocess.run(shell, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split("\n")
    assert words[:-1:2] == ["-S"] * 4
    assert "+tasks.ner.fit.stages" in {word.partition("=")[0] for word in words}
    preset = Preset.read(store, "mine")
    apply_overrides(store.params, words[1::2])
    assert Params.load(store.params).task("ner").values() == preset.task("ner").values()


def test_a_value_that_a_shell_would_split_works_only_with_run(project):
    store = project('  ner:\n    source: "my texts.txt"\n')
    done = CliRunner().invoke(app, ["preset", "mine"])
    assert done.exit_code == 1
    assert (
        "tasks.ner.source: the shell would split its value at the space. Use `seqops run mine`" in done.stderr
    )
    assert done.stdout.strip() == REFUSED
    assert 'tasks.ner.source="my texts.txt"' in experiment(Preset.read(store, "mine"), ["ner"])


@pytest.mark.parametrize("words", [[], ["--nope"], ["mine", "--debug=3"], ["mine", "no-such-task"]])
def test_a_preset_that_is_asked_for_wrongly_prints_an_option_that_dvc_refuses(project, words):
    project('  ner:\n    source: "a.txt"\n')
    done = CliRunner().invoke(app, ["preset", *words])
    assert done.exit_code != 0
    assert done.stdout.strip() == REFUSED


def test_the_help_on_presets_is_no_error(project):
    done = CliRunner().invoke(app, ["preset", "--help"])
    assert done.exit_code == 0
    assert REFUSED not in done.stdout
