"""Settings of DVC that it cannot read: named before it is started, since it ends with a traceback."""

import os

import pytest

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.runtime.dvc_record import require_readable_record

NAMES = ["HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def refusal(root):
    with pytest.raises(SeqopsError) as raised:
        require_readable_record(Project(root))
    return str(raised.value)


def test_no_settings_are_needed(home, tmp_path):
    require_readable_record(Project(tmp_path))


@pytest.mark.parametrize("place", ["", ".config", ".config/dvc"])
def test_a_file_in_place_of_the_home_or_of_a_folder_in_it_is_named(home, tmp_path, place, monkeypatch):
    file = home / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert refusal(tmp_path) == (
        f"DVC cannot read its settings in {home}/.config/dvc/config: Not a directory. Correct HOME and "
        "XDG_CONFIG_HOME, or name another folder in DVC_GLOBAL_CONFIG_DIR."
    )
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "other"))
    require_readable_record(Project(tmp_path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Is a directory. Make it a readable file, or delete it."),
        (b"[core\n", "Invalid line ('[core') (matched as neither section nor keyword) at line 1."),
        (b"[core]\n x = \xff\n", "'utf-8' codec can't decode byte 0xff in position 12"),
    ],
)
@pytest.mark.parametrize("name", ["config", "config.local"])
def test_settings_of_the_project_that_cannot_be_read_are_named(home, tmp_path, name, content, words):
    path = tmp_path / ".dvc" / name
    path.parent.mkdir()
    path.mkdir() if content is None else path.write_bytes(content)
    found = refusal(tmp_path)
    assert os.fspath(path) in found and words in found
