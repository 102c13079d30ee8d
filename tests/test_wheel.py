"""From the built wheel, a project in an empty folder trains and answers, and the quickstart works."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from seqops.cli.project_files import FILES, PATTERNS

ROOT = Path(__file__).parents[1]


def shell_blocks(page):
    """Return the shell blocks of a page, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling", reason="`make setup` installs it")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel, which finds the packages of this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    (Path(paths["purelib"]) / "packages.pth").write_text(sysconfig.get_paths()["purelib"])
    uv = shutil.which("uv", path=sysconfig.get_paths()["scripts"])
    options = ["--offline", "--no-index", "--no-deps", "--python", f"{paths['scripts']}/python"]
    subprocess.run([uv, "pip", "install", *options, str(wheel)], check=True, capture_output=True)
    return Path(paths["scripts"])


def run(scripts, cwd, *words):
    """Run a command of the environment with the wheel; programs that it lacks are those of this one."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("MLFLOW_", "SEQOPS_", "PYTHON")) and key != "VIRTUAL_ENV"
    }
    path = os.pathsep.join([str(scripts), sysconfig.get_paths()["scripts"], os.environ["PATH"]])
    done = subprocess.run(
        words, cwd=cwd, env={**inherited, "PATH": path},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_module(scripts, cwd, *words):
    return run(scripts, cwd, str(scripts / "python"), "-m", *words)


@pytest.mark.slow
def test_the_wheel_has_the_files_of_a_project_and_the_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    files = [path for pattern in PATTERNS for path in ROOT.glob(pattern)]
    expected = {*FILES, *(path.relative_to(ROOT).as_posix() for path in files)}
    assert {name.removeprefix("seqops/project/") for name in names if "/project/" in name} == expected
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_a_project_from_the_wheel_trains_and_answers(installed, tmp_path):
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert run_module(installed, tmp_path, "seqops", "--version").strip() == f"seqops {declared}"
    run_module(installed, tmp_path, "seqops", "init", "mine")
    mine = tmp_path / "mine"
    text = (mine / "params.yaml").read_text("utf-8")
    (mine / "params.yaml").write_text(re.sub(r"epochs: \d+", "epochs: 1", text), "utf-8")
    run_module(installed, mine, "dvc", "repro", "evaluate@labelling")
    assert (mine / "data" / "labelling" / "report.html").is_file()
    assert "up to date" in run_module(installed, mine, "dvc", "status", "evaluate@labelling")
    answer = run_module(
        installed, mine, "seqops", "predict", "labelling", "0.1 0.9", "--json", "--alias", "challenger"
    )
    assert '"labels": [' in answer


@pytest.mark.slow
def test_every_command_of_the_quickstart_works_in_an_empty_folder(installed, tmp_path):
    script = "set -eo pipefail\n" + "\n".join(shell_blocks(ROOT / "docs" / "quickstart.md"))
    assert "seqops init" in script and "dvc repro" in script and "seqops use" in script
    said = run(installed, tmp_path, "bash", "-c", script)
    assert "sequence-labeller-sample" in said and "Wrote params.yaml" in said
    assert (tmp_path / "mine" / "data" / "labelling" / "report.html").is_file()
