"""Folders as the source of the task."""

import dataclasses
import io
import os

import pytest
from pictures_task import PARAMS, grey, task
from rich.console import Console

from seqops.core.errors import DataError
from seqops.core.files import write_bytes
from seqops.core.project import Project
from seqops.sources.fetch import Fetcher


@pytest.fixture
def project(tmp_path):
    write_bytes(tmp_path / "data" / "catalog.yaml", b"{}")
    return Project(tmp_path)


def fetch(project):
    configured = dataclasses.replace(PARAMS.task("images"), source="pets", data=task(layout="folders"))
    raw = project.task_paths("images").raw
    return Fetcher(project, configured, Console(file=io.StringIO()), raw).run()


def test_a_folder_is_packed_to_equal_bytes_and_read(project):
    for name in ("cat/1.png", "dog/2.png", "dog/.hidden.png"):
        write_bytes(project.root / "pets" / name, grey(len(name)))
    [first] = fetch(project)
    os.utime(project.root / "pets" / "cat" / "1.png", (0, 0))
    [second] = fetch(project)
    assert first.path.name == "pets.zip"
    assert first.sha256 == second.sha256
    table = task(layout="folders").read([first.path])
    assert table[["name", "label"]].to_numpy().tolist() == [["cat/1.png", "cat"], ["dog/2.png", "dog"]]


def test_an_empty_folder_is_refused(project):
    (project.root / "pets").mkdir()
    with pytest.raises(DataError, match="pets: the folder has no files"):
        fetch(project)
