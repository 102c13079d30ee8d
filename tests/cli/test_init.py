"""`seqops init` writes a project, and `--upgrade` changes what the release changed and keeps the rest."""

import json
import subprocess

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from seqops.cli import app, project_upgrade
from seqops.cli.checks import code, upgrade
from seqops.cli.project_files import project_files
from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.installed_code import PACKAGE, require_recorded
from seqops.tracking.fingerprint import git_commit


def call(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def made(tmp_path):
    """A project without git."""
    done = call("init", tmp_path / "mine", "--no-git")
    assert done.exit_code == 0, done.output
    return tmp_path / "mine"


def rewritten(root, monkeypatch, **files):
    """Install a release whose files differ: name without suffix -> content."""
    release = project_files()
    names = {name.partition(".")[0]: name for name in release}
    release |= {names[stem]: content for stem, content in files.items()}
    monkeypatch.setattr("seqops.cli.init.project_files", lambda: dict(release))


def test_the_command_to_try_works_for_a_path_with_a_space(tmp_path):
    done = call("init", tmp_path / "my own", "--no-git")
    assert f"`cd '{tmp_path}/my own' && dvc repro evaluate@TASK`" in done.output.replace("\n", "")


def test_a_folder_that_dvc_takes_for_a_variable_is_refused(tmp_path, made):
    done = call("init", tmp_path / "my{own}", "--no-git")
    assert done.exit_code == 1
    assert "DVC takes '{' in a path for a part of a variable. Rename that folder." in " ".join(
        done.output.split()
    )
    assert not (tmp_path / "my{own}").exists()
    moved = made.rename(tmp_path / "later}")
    with pytest.raises(SeqopsError, match="DVC takes '}' in a path"):
        Project.find(moved)


def test_the_project_has_settings_stages_presets_and_the_catalogue(made):
    assert (
        Params.load(Project.find(made).params).names == Params.load(PACKAGE.parents[1] / "params.yaml").names
    )
    expected = {
        ".dvc/plots/learning.json",
        "dvc.yaml",
        "pipelines/train.py",
        "presets/real.yaml",
        "data/catalog.yaml",
        "data/weights.yaml",
        ".gitignore",
    }
    assert {name for name in expected if (made / name).is_file()} == expected


def test_stages_depend_on_files_that_exist(made):
    stages = YAML(typ="safe").load(made / "dvc.yaml")["stages"]
    names = Params.load(made / "params.yaml").names
    deps = {dep.replace("${key}", name) for s in stages.values() for dep in s["do"]["deps"] for name in names}
    code_deps = [dep for dep in deps if not dep.startswith("data/")]
    assert "installed/tasks/ner/model" in code_deps and "installed/nn" in code_deps
    assert [dep for dep in code_deps if not (made / dep).exists()] == []


def test_without_git_dvc_is_told_so_and_provenance_is_empty(made):
    assert "no_scm = true" in (made / ".dvc" / "config").read_text()
    assert git_commit(made) == ""


def test_a_repository_is_made_unless_there_is_one(tmp_path):
    assert call("init", tmp_path / "new").exit_code == 0
    assert (tmp_path / "new" / ".git").is_dir()
    assert "no_scm" not in (tmp_path / "new" / ".dvc" / "config").read_text()
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "old")], check=True)
    assert git_commit(tmp_path / "old") == ""  # no commit yet
    assert call("init", tmp_path / "old" / "mine").exit_code == 0
    assert not (tmp_path / "old" / "mine" / ".git").exists()


def test_a_folder_with_files_of_a_project_is_refused_and_stays(made):
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    done = call("init", made)
    assert done.exit_code == 1 and "already has .dvc/.gitignore" in done.output
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_an_own_gitignore_is_continued(tmp_path):
    (tmp_path / ".gitignore").write_text("*.tmp")
    assert call("init", tmp_path, "--no-git").exit_code == 0
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[0] == "*.tmp" and "/data/*" in lines


def test_other_installed_code_is_refused_until_the_upgrade(made):
    require_recorded(made)
    (made / "installed" / "nn").write_text("0\n")
    with pytest.raises(SeqopsError, match=r"differs in nn\. Run `seqops init --upgrade`"):
        require_recorded(made)
    assert call("init", made, "--upgrade", "--yes").exit_code == 0
    require_recorded(made)
    assert [finding.ok for finding in code(Project(made))] == [True]


def test_an_upgrade_shows_the_diff_and_asks(made, monkeypatch):
    rewritten(made, monkeypatch, dvc=b"stages: {}\n")
    before = (made / "dvc.yaml").read_bytes()
    done = call("init", made, "--upgrade")
    assert done.exit_code == 1 and "+stages: {}" in done.output and "Pass --yes" in done.output
    assert (made / "dvc.yaml").read_bytes() == before
    assert call("init", made, "--upgrade", "--yes").exit_code == 0
    assert (made / "dvc.yaml").read_bytes() == b"stages: {}\n"
    assert "up to date" in call("init", made, "--upgrade").output


def test_an_edited_file_stays_and_the_new_one_is_beside_it(made, monkeypatch):
    (made / "dvc.yaml").write_text("stages: {mine: {}}\n")
    assert "up to date" in call("init", made, "--upgrade").output
    rewritten(made, monkeypatch, dvc=b"stages: {}\n")
    assert list(upgrade(Project(made))) == []
    done = call("init", made, "--upgrade", "--yes")
    assert done.exit_code == 0
    assert "--- dvc.yaml\n+++ dvc.yaml.new\n" in done.output and "-stages: {mine: {}}\n" in done.output
    assert "dvc.yaml: your edits are kept. Merge the release's from dvc.yaml.new, then" in done.output
    [finding] = upgrade(Project(made))
    assert not finding.ok and finding.message.startswith("dvc.yaml.new: not merged.")
    assert (made / "dvc.yaml").read_text() == "stages: {mine: {}}\n"
    assert (made / "dvc.yaml.new").read_bytes() == b"stages: {}\n"


def test_an_upgrade_of_params_keeps_the_values(made, monkeypatch):
    params = made / "params.yaml"
    params.write_text(params.read_text("utf-8").replace("epochs: 20", "epochs: 3"), "utf-8")
    release = project_files()["params.yaml"] + b"\nlater:\n  key: 1\n"
    rewritten(made, monkeypatch, params=release)
    assert call("init", made, "--upgrade", "--yes").exit_code == 0
    text = params.read_text("utf-8")
    assert "epochs: 3 " in text or "epochs: 3\n" in text
    assert text.endswith("later:\n  key: 1\n")


def test_a_checkout_is_not_upgraded(tmp_path):
    with pytest.raises(SeqopsError, match="was not made by `seqops init`"):
        project_upgrade.changes(tmp_path, {})


def test_the_release_is_recorded(made):
    recorded = json.loads((made / "installed" / "release.json").read_text())
    assert set(recorded) == {"version", "files"} and "dvc.yaml" in recorded["files"]
    assert not {"params.yaml", "requirements.lock"} & set(recorded["files"])


def test_the_version_is_printed():
    done = call("--version")
    assert done.exit_code == 0 and done.output.startswith("seqops ")
