"""Thousands of damaged files for every reader: parsed, or refused with a message."""

import gzip
import tarfile
import zipfile

import pytest
import state_targets
import targets
from fuzz import fuzz, report

from archives import sparse_gnu, tar, tarred, zipped

QUOTED = b"".join(
    b'%d,%d,"It was ""good"", no. %d,\nall in all",%s\n' % (n, n % 9, n, b"10"[n % 2 :][:1])
    for n in range(40)
)
TEXTS = b"".join(b"A text with number %d.\t%d\n" % (n, n % 2) for n in range(60))
CONLL = b"-DOCSTART- O\n\n" + b"".join(b"EU NNP B-OG\nrejects VBZ O\nno%d DT O\n\n" % n for n in range(30))
COLUMNS = b"when;a;b;c\n" + b"".join(b"%d;%d.5;%d;0\n" % (n, n % 12, n * n) for n in range(80))
PAIRS = b"".join(b"sentence number %d\n" % n for n in range(60))
ARCHIVED = {"c.txt": b"1\n", "a/b.txt": b"text\n" * 300}
FOLDERS = tarred(
    {
        f"x/{part}/{label}/{n}.txt": b"text %d" % n
        for part in ("train", "test")
        for label in "01"
        for n in range(9)
    }
)
PICTURES = zipped({f"{n % 2}/{n}.pgm": b"P5 4 4 255\n" + bytes(range(n, n + 16)) for n in range(9)})
BINARY = {"text": "text", "label": "label", "group": "", "labels": ["0", "1"]}
READERS = {
    "forecast": (1200, "forecast", [], ()),
    "forecast, columns": (600, "forecast", [COLUMNS], {"frequency": "position", "covariates": ["c"]}),
    "images, cifar": (300, "images", [b"\1" + bytes(3072)], {"layout": "cifar"}),
    "images, folders": (300, "images", [PICTURES], {"layout": "folders"}),
    "labelling": (1000, "labelling", [], ()),
    "ner, klp": (1000, "ner", [], ()),
    "ner, conll": (700, "ner", [CONLL], {"layout": "conll"}),
    "translation": (800, "translation", [], ()),
    "textgen, utf-8": (500, "textgen", [], ()),
    "textgen, windows-1252": (200, "textgen", [TEXTS], {"encoding": "windows-1252"}),
    "sentiment, table": (800, "sentiment", [], ()),
    "sentiment, quoted table": (
        600, "sentiment", [b"id,group,text,label\n" + QUOTED], {**BINARY, "group": "group"}
    ),
    "sentiment, lines": (500, "sentiment", [TEXTS], {**BINARY, "layout": "lines"}),
    "sentiment, folders": (500, "sentiment", [FOLDERS], {**BINARY, "layout": "folders"}),
}  # fmt: skip
FILES = {
    "two parallel files": (300, targets.pair, "translation", [PAIRS]),
    "images, idx": (300, targets.idx, "images"),
    "images, idx, labels": (200, targets.idx, "labels"),
    "archive, zip": (500, targets.archive, zipped(ARCHIVED)),
    "archive, zip, bz2": (500, targets.archive, zipped(ARCHIVED, zipfile.ZIP_BZIP2)),
    "archive, tar.gz": (500, targets.archive, tarred(ARCHIVED)),
    "archive, tar": (500, targets.archive, tar(ARCHIVED, format=tarfile.PAX_FORMAT), gzip.compress),
    "archive, sparse": (300, targets.archive, sparse_gnu("a/b.txt", 1 << 33), gzip.compress),
    "catalogue": (400, targets.catalog),
    "preset": (60, targets.preset),
    "word vectors": (500, targets.vectors),
    "journal": (400, targets.journal),
    "journal of decisions": (600, state_targets.decisions),
    "journal of retraining": (300, state_targets.cycles),
    "checkpoint": (600, state_targets.checkpoint),
    "cache of arrays": (600, state_targets.cache),
    "cache of validators": (300, state_targets.etags),
    "state of the scheduler": (300, state_targets.schedule),
    "tracking database": (100, state_targets.tracking_database),
    "database of studies": (100, state_targets.studies),
    "dvc.lock": (300, state_targets.dvc_record),
    "manifest of a bundle": (400, targets.manifest),
    "artefact, json": (300, targets.artefact, "json"),
    "artefact, table": (300, targets.artefact, "table"),
    "artefact, array": (300, targets.artefact, "array"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_raw_file_is_parsed_or_refused(tmp_path, name, scaled, figures):
    count, task, seeds, data = READERS[name]
    found = fuzz(tmp_path, targets.reader, scaled(count), task, seeds, tuple(dict(data).items()))
    report(found, figures, name)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_parsed_or_refused(tmp_path, name, scaled, figures):
    count, target, *arguments = FILES[name]
    report(fuzz(tmp_path, target, scaled(count), *arguments), figures, name)


@pytest.mark.parametrize("task", targets.PARAMS.names)
def test_a_damaged_params_file_is_loaded_or_refused(tmp_path, task, scaled, figures):
    report(fuzz(tmp_path, targets.params, scaled(150), task), figures, f"params.yaml, {task}")
