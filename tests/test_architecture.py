"""What may import what, what a stage depends on, and what no line of the package may do."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "seqops"
MODULES = sorted(PACKAGE.rglob("*.py"))
PROGRAMS = sorted((ROOT / "pipelines").glob("*.py"))
TASKS = sorted(p.parent.name for p in PACKAGE.glob("tasks/*/data.py"))
STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
# these only speak to people and to libraries: no artefact hangs on them
SPEECH = {PACKAGE / "console.py", PACKAGE / "environment.py", PACKAGE / "blocks" / "progress.py"}
HEAVY = {"tensorflow", "keras", "great_expectations"}


def imported(path):
    """Return the files of the package that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not typing_only(path, node):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {file for name in names if (file := file_of(name))}
    return found


def typing_only(path, node):
    """Tell an import that stands under `if TYPE_CHECKING:`."""
    lines = path.read_text("utf-8").splitlines()
    return lines[node.lineno - 2].startswith("if TYPE_CHECKING")


def file_of(name):
    place = SOURCE.joinpath(*name.split("."))
    if place.with_suffix(".py").is_file():
        return place.with_suffix(".py")
    return place / "__init__.py" if (place / "__init__.py").is_file() else None


def closure(*roots):
    """Return every file of the package that the roots reach, and that holds more than a docstring."""
    reached, left = set(), list(roots)
    while left:
        for path in imported(left.pop()) - reached:
            reached.add(path)
            left.append(path)
    return {path for path in reached if len(ast.parse(path.read_text("utf-8")).body) > 1}


def modules_after(statement):
    """Return the top-level packages that a fresh process has imported after a statement."""
    program = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def stage_of(program):
    return f"import runpy; runpy.run_path({str(ROOT / 'pipelines' / f'{program}.py')!r}, run_name='stage')"


def test_the_cheap_side_imports_nothing_heavy():
    data = "\n".join(f"import seqops.tasks.{task}.data" for task in TASKS)
    programs = "\n".join([stage_of("download"), stage_of("preprocess")])
    reached = modules_after(f"{data}\n{programs}")
    assert "pandas" in reached
    assert not reached & (HEAVY | {"mlflow", "torch", "optuna"})


def test_validate_alone_imports_great_expectations_and_no_tensorflow():
    reached = modules_after(stage_of("validate"))
    assert "great_expectations" in reached
    assert not reached & {"tensorflow", "keras", "mlflow"}
    users = {
        p.name
        for p in MODULES
        if re.search(r"^\s*(import|from) great_expectations", p.read_text("utf-8"), re.M)
    }
    assert users == {"expect.py"}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("task", TASKS)
def test_the_dependencies_of_a_stage_cover_what_it_imports(stage, task):
    folder = PACKAGE / "tasks" / task
    # of a task, download runs the sample alone
    roots = {
        "download": [folder / "sample.py"],
        "validate": [folder / "data.py"],
        "preprocess": [folder / "data.py"],
    }.get(stage, [folder / "data.py", folder / "network.py"])
    program = ROOT / "pipelines" / f"{stage}.py"
    definition = STAGES[stage]["do"]
    declared = [ROOT / str(dep).replace("${key}", task) for dep in definition["deps"]]
    needed = {program, *roots, *closure(program, *roots)} - SPEECH - {PACKAGE / "__init__.py"}
    missing = [p for p in needed if not any(p == d or d in p.parents for d in declared)]
    assert sorted(p.relative_to(ROOT).as_posix() for p in missing) == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_declared_dependency_of_a_stage_exists_or_is_made(stage):
    made = {
        str(next(iter(out)) if isinstance(out, dict) else out)
        for definition in STAGES.values()
        for kind in ("outs", "plots", "metrics")
        for out in definition["do"].get(kind, [])
    }
    for dep in STAGES[stage]["do"]["deps"]:
        exists = [(ROOT / str(dep).replace("${key}", task)).exists() for task in TASKS]
        assert str(dep) in made or all(exists), dep


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_program_is_thin_and_knows_no_task(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < 60
    for task in TASKS:
        assert not re.search(rf"\b{task}\b", text), task
    assert "seqops.tasks" not in text


def test_only_a_task_s_own_folder_knows_its_name():
    for path in MODULES:
        strings = {
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        own = path.relative_to(PACKAGE).parts[1] if "tasks" in path.parts else None
        assert not strings & (set(TASKS) - {own}), path


@pytest.mark.parametrize("path", [*MODULES, *PROGRAMS], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_and_functions_are_short_and_every_module_says_what_it_is_for(path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    # the contract is read as one page by whoever adds a task
    assert len(text.splitlines()) < (400 if path.name == "contract.py" else 300)
    assert not text.strip() or ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name
