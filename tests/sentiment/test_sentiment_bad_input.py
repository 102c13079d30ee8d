"""Bad files of texts from the user: one clear message, a non-zero exit code, nothing lost."""

import importlib.util
import re

import pytest
from ruamel.yaml import YAML
from sentiment_task import ROOT, task
from test_sentiment_reader import REVIEWS, archive

from checkout import project
from seqops.core.project import Project
from seqops.runtime import console
from seqops.runtime.console import exit_on_error
from seqops.sources.fetch import MIRROR

BEFORE = b"earlier content"


def stage(name):
    """Load a script of pipelines/, which is not a package."""
    spec = importlib.util.spec_from_file_location(f"stage_{name}", ROOT / "pipelines" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


@pytest.fixture
def validate_file(tmp_path, capsys, monkeypatch):
    """Make a file the source, run download and validate; return exit code, output and table."""
    store = Project(project(tmp_path / "project"))
    monkeypatch.setenv("SEQOPS_ROOT", str(store.root))
    monkeypatch.delenv(MIRROR, raising=False)
    monkeypatch.setattr(console.err, "width", 300)

    def run(content, **data):
        (store.root / "mine.txt").write_bytes(content)
        yaml = YAML()
        document = yaml.load(store.params)
        section = document["tasks"]["sentiment"]
        section["source"] = "mine.txt"
        section["data"].update(data)
        yaml.dump(document, store.params)
        table = store.task_paths("sentiment").table
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_bytes(BEFORE)
        code = 0
        try:
            with exit_on_error():
                stage("download")("sentiment")
                stage("validate")("sentiment")
        except SystemExit as stopped:
            code = stopped.code
        output = capsys.readouterr()
        return code, re.sub(r"\s+", " ", output.err + output.out), table.read_bytes()

    return run


SAMPLE = task().sample()["sample.tsv"]
HEADER, ROWS = SAMPLE[: SAMPLE.index(b"\n") + 1], SAMPLE[SAMPLE.index(b"\n") + 1 :]


def cell(line, change):
    lines = SAMPLE.split(b"\n")
    lines[line - 1] = b"\t".join(change(lines[line - 1].split(b"\t")))
    return b"\n".join(lines)


WRONG = {
    "empty": (b"", r"mine\.txt:1: column 'Phrase' not found"),
    "other columns": (b"id\ttext\n1\tgood\n", r"mine\.txt:1: .*'Phrase' not found; .* id, text\. Set data"),
    "not UTF-8": (cell(4, lambda c: [*c[:2], b"\xe9", c[3]]), r"mine\.txt:4: byte 0xe9 is not UTF-8"),
    "a stray tab": (cell(7, lambda c: [b"", *c]), r"mine\.txt:7: 5 cells, but the header has 4"),
    "a label out of range": (cell(5, lambda c: [*c[:3], b"7"]), r"mine\.txt:5: the label '7' is not one of"),
    "one label alone": (SAMPLE.replace(b"\tnegative", b"\tpositive"), r"every label occurs in training: neg"),
    "empty texts": (
        HEADER + re.sub(rb"\t[^\t\n]+(?=\t\w+\n)", b"\t ", ROWS, count=40),
        r"no text is empty.* line 2",
    ),
    "too few rows": (b"\n".join(SAMPLE.split(b"\n")[:200]), r"at least 500 texts \(data\.min_rows\)"),
    "contradictions": (
        SAMPLE + ROWS.replace(b"\tnegative\n", b"\tpositive\n"),
        r"equal texts have equal labels",
    ),
}  # fmt: skip
ARCHIVES = {
    "truncated": (archive(REVIEWS)[:-40], r"mine\.txt: broken archive"),
    "other folders": (archive(REVIEWS[1:3]), r"mine\.txt: no file matches train/neg/\*\.txt"),
}


def assert_refused(outcome, message):
    code, output, table = outcome
    assert code == 1
    assert re.search(message, output), output
    assert re.search(r"error: .*mine\.txt.*\. [A-Z]", output), output
    assert "Traceback" not in output
    assert table == BEFORE


@pytest.mark.parametrize("name", WRONG)
def test_bad_texts_are_reported_with_file_line_and_remedy(validate_file, name):
    content, message = WRONG[name]
    assert_refused(validate_file(content), message)


@pytest.mark.parametrize("name", ARCHIVES)
def test_bad_archives_are_reported(validate_file, name):
    content, message = ARCHIVES[name]
    assert_refused(
        validate_file(content, layout="folders", labels=["neg", "pos"], split="published"), message
    )


def test_the_sample_as_a_file_passes(validate_file):
    code, output, table = validate_file(SAMPLE)
    assert (code, table == BEFORE) == (0, False), output


@pytest.mark.parametrize("variant", [b"\xef\xbb\xbf%s", b"%s\n\n"], ids=["BOM", "blank lines at the end"])
def test_byte_order_marks_and_line_endings_change_nothing(tmp_path, variant):
    path = tmp_path / "mine.txt"
    path.write_bytes(SAMPLE)
    expected = task().read([path])
    path.write_bytes((variant % SAMPLE).replace(b"\n", b"\r\n"))
    assert task().read([path]).equals(expected)
