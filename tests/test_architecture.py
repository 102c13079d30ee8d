"""Which modules may import which, what a stage depends on, and limits on the size of the code."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqops.core.task_parts import DATASET, METRICS, NETWORK, PARTS, module_of

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "seqops"
MODULES = sorted(PACKAGE.rglob("*.py"))
PROGRAMS = sorted((ROOT / "pipelines").glob("*.py"))
TASKS = sorted(p.parents[1].name for p in PACKAGE.glob("tasks/*/data/dataset.py"))
STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
HEAVY = {"tensorflow", "keras", "great_expectations"}

# the parts of a task that a stage uses by name
PARTS_USED = {
    "download": [DATASET],
    "validate": [DATASET],
    "preprocess": [DATASET],
    "train": [DATASET, NETWORK, METRICS],
    "repeat": [DATASET, NETWORK, METRICS],
    "evaluate": PARTS,
}
# the module of a registered model, which is copied into its bundle
SERVED = {"evaluate": [PACKAGE / "serving.py"]}
# modules that a stage imports and does not declare, with the reason
EVERY_STAGE = {
    PACKAGE / "runtime": "it handles the console, libraries and the system: no artefact depends on it",
    PACKAGE / "__init__.py": "it configures the process with `runtime`",
}
RECORDED = {PACKAGE / "tracking": "the record of a run does not affect the weights"}
ONE_STAGE = {"train": RECORDED, "repeat": RECORDED}


def imported(path):
    """Return the files of the package that a file imports, at module level or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not typing_only(path, node):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {file for name in names for whole in with_parents(name) if (file := file_of(whole))}
    return found


def with_parents(name):
    """Return a dotted name and those of its parent packages, which are imported too."""
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def typing_only(path, node):
    """Return whether an import is under `if TYPE_CHECKING:`."""
    lines = path.read_text("utf-8").splitlines()
    return lines[node.lineno - 2].startswith("if TYPE_CHECKING")


def file_of(name):
    path = SOURCE.joinpath(*name.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None


def closure(*roots):
    """Return every file of the package that the roots import, directly or not, with more than a docstring."""
    reached, left = set(), list(roots)
    while left:
        for path in imported(left.pop()) - reached:
            reached.add(path)
            left.append(path)
    return {path for path in reached if len(ast.parse(path.read_text("utf-8")).body) > 1}


def modules_after(statement):
    """Return the top-level packages that a new process has imported after a statement."""
    program = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def stage_of(program):
    return f"import runpy; runpy.run_path({str(ROOT / 'pipelines' / f'{program}.py')!r}, run_name='stage')"


def test_data_modules_and_their_stages_import_no_heavy_library():
    data = "\n".join(f"import {module_of(task, DATASET)}" for task in TASKS)
    programs = "\n".join(stage_of(program) for program in ("download", "preprocess", "repeat"))
    reached = modules_after(f"{data}\n{programs}")
    assert "pandas" in reached
    assert not reached & (HEAVY | {"mlflow", "torch", "optuna", "sklearn"})


def test_only_validate_imports_great_expectations_and_it_imports_no_tensorflow():
    reached = modules_after(stage_of("validate"))
    assert "great_expectations" in reached
    assert not reached & {"tensorflow", "keras", "mlflow"}
    users = {
        p.name
        for p in MODULES
        if re.search(r"^\s*(import|from) great_expectations", p.read_text("utf-8"), re.M)
    }
    assert users == {"validation.py"}


def needed(stage, task):
    """Return the files that a stage of a task imports."""
    program = ROOT / "pipelines" / f"{stage}.py"
    roots = [program, *SERVED.get(stage, []), *(file_of(module_of(task, part)) for part in PARTS_USED[stage])]
    return {*roots, *closure(*roots)}


def declared(stage, task):
    return [ROOT / str(dep).replace("${key}", task) for dep in STAGES[stage]["do"]["deps"]]


def covers(folder, path):
    return path == folder or folder in path.parents


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("task", TASKS)
def test_a_stage_declares_what_it_imports(stage, task):
    known = [*declared(stage, task), *EVERY_STAGE, *ONE_STAGE.get(stage, {})]
    missing = [p for p in needed(stage, task) if not any(covers(folder, p) for folder in known)]
    assert sorted(p.relative_to(ROOT).as_posix() for p in missing) == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_no_code_that_it_does_not_import(stage):
    """Over all tasks: a shared folder may be unused by some of them."""
    used = {path for task in TASKS for path in needed(stage, task)}
    idle = {
        folder.relative_to(ROOT).as_posix()
        for task in TASKS
        for folder in declared(stage, task)
        if covers(PACKAGE, folder) and not any(covers(folder, path) for path in used)
    }
    assert idle == set()


def test_the_stages_that_tokenize_or_run_a_network_depend_on_the_lock():
    """A tokenizer may encode the same text differently in another version; `validate` tokenizes nothing."""
    locked = {name for name, stage in STAGES.items() if "requirements.lock" in stage["do"]["deps"]}
    assert locked == {"preprocess", "train", "repeat", "evaluate"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_exception_of_a_stage_is_needed(stage):
    used = {path for task in TASKS for path in needed(stage, task)}
    for folder in {**EVERY_STAGE, **ONE_STAGE.get(stage, {})}:
        assert any(covers(folder, path) for path in used), folder


@pytest.mark.parametrize("stage", STAGES)
def test_every_declared_dependency_of_a_stage_exists_or_is_an_output(stage):
    outputs = {
        str(next(iter(out)) if isinstance(out, dict) else out)
        for definition in STAGES.values()
        for kind in ("outs", "plots", "metrics")
        for out in definition["do"].get(kind, [])
    }
    for dep in STAGES[stage]["do"]["deps"]:
        exists = [(ROOT / str(dep).replace("${key}", task)).exists() for task in TASKS]
        assert str(dep) in outputs or all(exists), dep


def test_folders_have_no_import_cycle():
    graph = {}
    for path in MODULES:
        own = folder_of(path)
        graph.setdefault(own, set()).update({folder_of(other) for other in imported(path)} - {own, ""})
    assert list(TopologicalSorter(graph).static_order())


def folder_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "/".join(parts[:3] if parts[0] == "tasks" else parts[:1]).removesuffix("__init__").rstrip("/")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_script_is_short_and_names_no_task(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < 60
    for task in TASKS:
        assert not re.search(rf"\b{task}\b", text), task
    assert "seqops.tasks" not in text


def test_only_the_folder_of_a_task_contains_its_name():
    for path in MODULES:
        strings = {
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        own = path.relative_to(PACKAGE).parts[1] if "tasks" in path.parts else None
        assert not strings & (set(TASKS) - {own}), path


@pytest.mark.parametrize("path", [*MODULES, *PROGRAMS], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_and_functions_are_short_and_every_module_has_a_docstring(path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) < 300
    assert not text.strip() or ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name
