"""Targets of the fuzzer: readers with valid files to damage, each (names, seeds, parse)."""

import io
import json
import random
from pathlib import Path

from ruamel.yaml import YAML

from seqops.core.arrays_io import read_splits, read_table, write_splits, write_table
from seqops.core.files import read_json
from seqops.core.project import Project
from seqops.experiments.presets import Preset
from seqops.params import Params
from seqops.preprocessing.archive import extract
from seqops.runtime.journal import Journal
from seqops.sources.catalog import read_catalog

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")
START = 2_500
LIMIT = 1 << 24


def beginning(content):
    """Return whole sentences, or whole lines, from the start of a file."""
    content = content.replace(b"\r\n", b"\n")
    end = content.find(b"\n\n", START)
    end = end + 2 if 0 < end < 3 * START else content.find(b"\n", START) + 1
    return content[:end] if end > 0 else content


def configured(task, **data):
    """Return a task's data with some settings changed."""
    return (
        PARAMS.with_values({f"tasks.{task}.data.{key}": value for key, value in data.items()}).task(task).data
    )


def sampled(task):
    """Return the beginning of each file of a task's sample."""
    return [beginning(content) for content in PARAMS.task(task).data.sample().values()]


def reader(folder, task, seeds, data=()):
    """Read one raw file, and derive the columns that the expectations check."""
    read, path = configured(task, **dict(data)), folder / "mine.txt"

    def parse(content):
        path.write_bytes(content)
        read.with_checked_columns(read.read([path]))

    return "mine|row|split|data|text", [*seeds, *sampled(task)] if not data else list(seeds), parse


def pair(folder, task, seeds):
    """Read a damaged file together with a valid one."""
    read, one, two = configured(task), folder / "mine.one", folder / "mine.two"
    two.write_bytes(seeds[0])

    def parse(content):
        one.write_bytes(content)
        read.with_checked_columns(read.read([one, two]))

    return "mine", seeds, parse


def idx(folder, damaged):
    """Read a damaged IDX file, of `images` or of `labels`, together with a valid one of the other."""
    read, paths = configured("images"), {kind: folder / f"mine-{kind}" for kind in ("images", "labels")}
    pixels = random.Random(0).randbytes(40 * 64)
    whole = {
        "images": b"\0\0\x08\3" + bytes([0, 0, 0, 40, 0, 0, 0, 8, 0, 0, 0, 8]) + pixels,
        "labels": b"\0\0\x08\1" + bytes([0, 0, 0, 40]) + bytes(n % 2 for n in range(40)),
    }
    for kind, path in paths.items():
        path.write_bytes(whole[kind])

    def parse(content):
        paths[damaged].write_bytes(content)
        read.with_checked_columns(read.read(list(paths.values())))

    return "mine|row|split|data", [whole[damaged]], parse


def archive(folder, content, packed=bytes):
    """Extract a member of a damaged archive; packed: how it is compressed after the damage."""
    path, to = folder / "mine.archive", folder / "out"

    def parse(content):
        path.write_bytes(packed(content))
        extract(path, "a/b.txt", to, LIMIT)

    return r"mine\.archive", [content], parse


def catalog(folder):
    """Read a damaged catalogue."""
    path = folder / "catalog.yaml"
    whole = YAML(typ="safe", pure=True).load((ROOT / "data" / "catalog.yaml").read_text("utf-8"))
    some = io.BytesIO()
    YAML().dump(dict(list(whole.items())[:2]), some)

    def parse(content):
        path.write_bytes(content)
        read_catalog(path)

    return r"catalog\.yaml", [some.getvalue()], parse


def params(folder, task):
    """Load a damaged params.yaml with one task, and configure all of it except the network."""
    path = folder / "params.yaml"
    text = (ROOT / "params.yaml").read_text("utf-8")
    document = YAML().load(text)
    document["tasks"] = {task: document["tasks"][task]}
    whole = io.BytesIO()
    YAML().dump(document, whole)

    def parse(content):
        path.write_bytes(content)
        loaded = Params.load(path)
        for name in ("evaluation", "registry", "tuning", "retraining"):
            getattr(loaded, name)
        for name in loaded.names:
            loaded.task(name)

    return r"params\.yaml|src/seqops/tasks", [whole.getvalue()], parse


def preset(folder):
    """Read a damaged preset over the project's params.yaml."""
    (folder / "presets").mkdir()
    (folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    (folder / "dvc.yaml").write_text("stages: {}\n")
    seeds = [path.read_bytes() for path in sorted((ROOT / "presets").glob("*.yaml"))]
    path, project = folder / "presets" / "mine.yaml", Project(folder)

    def parse(content):
        path.write_bytes(content)
        Preset.read(project, "mine").options()

    return r"mine\.yaml|params\.yaml", [seed for seed in seeds if len(seed) < 3000], parse


def vectors(folder):
    """Read damaged word vectors."""
    from seqops.tasks.sentiment.data.word_vectors import read_vectors

    rows = [f"word{n} " + " ".join(f"{(n * k) % 7 - 3.5:.3f}" for k in range(8)) for n in range(40)]
    path = folder / "mine.vec"

    def parse(content):
        path.write_bytes(content)
        read_vectors(path, [f"word{n}" for n in range(0, 40, 2)])

    text = "\n".join(rows).encode()
    return r"mine\.vec", [text, b"40 8\n" + text], parse


def journal(folder):
    """Read a damaged journal: whole lines are read, and it can still be appended to."""
    entry = {"task": "a", "model": "m", "stage": "outcome", "action": "kept", "version": "1", "numbers": {}}
    written = Journal(folder / "registry.jsonl")

    def parse(content):
        written.path.write_bytes(content)
        before = written.entries()
        written.append(entry)
        after = written.entries()
        assert after[: len(before)] == before
        assert {**after[-1], "time": ""} == {**entry, "time": ""}

    return "registry", ["".join(json.dumps({**entry, "n": n}) + "\n" for n in range(6)).encode()], parse


def artefact(folder, kind):
    """Open a damaged artefact: JSON, a table, or an array."""
    data, path = PARAMS.task("labelling").data, folder / "raw.csv"
    path.write_bytes(sampled("labelling")[0])
    table = data.read([path])
    write_table(folder / "mine.parquet", table)
    (folder / "mine.json").write_text(json.dumps(table.astype(str).to_dict("records")))
    write_splits(
        folder / "mine",
        data.encode(table, data.assign_splits(table), data.fit_encoding(table, data.assign_splits(table))),
    )
    path, read = {
        "json": (folder / "mine.json", read_json),
        "table": (folder / "mine.parquet", read_table),
        "array": (next((folder / "mine" / "train").glob("*.values.npy")), lambda path: splits(folder)),
    }[kind]
    seeds = [path.read_bytes()]

    def parse(content):
        path.write_bytes(content)
        read(path)

    return r"mine|values", seeds, parse


def splits(folder):
    for split in read_splits(folder / "mine").values():
        len(split)


def manifest(folder):
    """Load a bundle whose manifest is damaged."""
    from types import SimpleNamespace

    from seqops.serving import RawModel

    path = folder / "manifest.json"
    artifacts = {name: str(folder / name) for name in ("weights", "meta", "params")}
    for name in artifacts.values():
        Path(name).write_text("{}")
    hashes = dict.fromkeys(artifacts, "0" * 64)
    context = SimpleNamespace(artifacts={**artifacts, "manifest": str(path)})

    def parse(content):
        path.write_bytes(content)
        RawModel().load_context(context)

    seeds = [json.dumps({"task": "labelling", "sha256": hashes}, indent=1).encode()]
    return "bundle|manifest", seeds, parse
