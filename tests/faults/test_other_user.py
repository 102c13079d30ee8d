"""A project and a home that belong to another user, readable or not: commands say which file, and end."""

import os

import plain_user
import pytest

import checkout

NOBODY = 65534
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or plain_user.SETPRIV is None, reason="only root can give files to another user"
)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """A project with a home beside it, which another user owns and everybody may read."""
    folder = tmp_path_factory.mktemp("theirs")
    root = checkout.project(folder / "project")
    (root / ".state").mkdir()
    (folder / "home").mkdir()
    for path in [folder / "home", root, *root.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o555 if path.is_dir() else 0o444)
    return root


def run(root, *words):
    """Run seqops in the project, as a user who owns neither it nor the home; return code and output."""
    code, output = plain_user.run(root, root.parent / "home", "seqops", *words)
    return code, " ".join(output.split())


@pytest.mark.parametrize("command", ["compare", "promote", "predict", "tune", "retrain"])
def test_a_command_that_would_write_names_what_it_may_not(theirs, command, figures):
    more = {"promote": ["1", "--yes"], "predict": ["101"]}.get(command, [])
    code, output = run(theirs, command, "labelling", *more)
    assert code == (13 if command == "retrain" else 1), output
    assert "Permission denied" in output
    assert str(theirs) in output
    assert "Traceback" not in output
    figures("another user", command, tried=1, withstood=1)


def test_what_only_reads_works(theirs, figures):
    code, output = run(theirs, "params", "labelling", "model.units")
    assert (code, "Traceback" in output) == (0, False), output
    figures("another user", "params", tried=1, withstood=1)


def test_doctor_names_every_folder_that_it_may_not_write_to_and_goes_on(theirs, figures):
    code, output = run(theirs, "doctor")
    assert (code, "Traceback" in output) == (1, False), output
    for folder in ("data", ".state"):
        assert f"problem folder {folder}" in output, output
    assert "is not writable. Give it to the user who runs seqops." in output
    assert "ok params labelling" in output
    figures("another user", "doctor", tried=1, withstood=1)


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A project that another user has made with a umask of 077: its folder can be entered, no file read."""
    folder = tmp_path_factory.mktemp("closed")
    root = checkout.project(folder / "project")
    for path in [root, *root.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o700 if path.is_dir() else 0o600)
    root.chmod(0o755)
    return root


@pytest.mark.parametrize("command", ["compare", "predict", "tune", "retrain", "run", "params"])
def test_a_project_made_with_umask_077_names_the_file_that_another_user_may_not_read(
    closed, command, figures
):
    code, output = run(closed, command, "labelling")
    assert (code, "Traceback" in output) == (1, False), output
    assert f"error: {closed}/params.yaml: Permission denied." in output
    figures("another user", f"umask 077: {command}", tried=1, withstood=1)


def test_doctor_names_every_file_of_a_project_made_with_umask_077_that_it_may_not_read(closed, figures):
    code, output = run(closed, "doctor")
    assert (code, "Traceback" in output, "Errno" in output) == (1, False, False), output
    for name, path in (("params", "params.yaml"), ("catalogue", "data/catalog.yaml")):
        assert f"problem {name}: {closed}/{path}: Permission denied. Free disk space or fix the" in output
    figures("another user", "umask 077: doctor", tried=1, withstood=1)
