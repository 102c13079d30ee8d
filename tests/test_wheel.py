"""From the built wheel, a project in an empty folder trains, registers and answers."""

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
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("MLFLOW_", "SEQOPS_", "PYTHON")) and key != "VIRTUAL_ENV"
    }
    done = subprocess.run(
        [str(scripts / "python"), "-m", *words],
        cwd=cwd, env={**inherited, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


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
    assert run(installed, tmp_path, "seqops", "--version").strip() == f"seqops {declared}"
    run(installed, tmp_path, "seqops", "init", "mine")
    mine = tmp_path / "mine"
    text = (mine / "params.yaml").read_text("utf-8")
    (mine / "params.yaml").write_text(re.sub(r"epochs: \d+", "epochs: 1", text), "utf-8")
    run(installed, mine, "dvc", "repro", "evaluate@labelling")
    assert (mine / "data" / "labelling" / "report.html").is_file()
    assert "up to date" in run(installed, mine, "dvc", "status", "evaluate@labelling")
    answer = run(
        installed, mine, "seqops", "predict", "labelling", "0.1 0.9", "--json", "--alias", "challenger"
    )
    assert '"labels": [' in answer
