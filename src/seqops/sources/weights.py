"""Downloading pretrained weights, as a wheel by pip or by URL, and converting them for the store."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

from seqops.core.errors import SeqopsError
from seqops.core.files import sha256_of
from seqops.core.redaction import redact
from seqops.preprocessing.hdf5_weights import read_hdf5
from seqops.preprocessing.pretrained_weights import CONFIG, TOKENIZER, WeightsStore
from seqops.preprocessing.safetensors import read_safetensors
from seqops.preprocessing.torch_tensors import read_torch
from seqops.sources.http import LIMIT, download
from seqops.sources.weights_catalog import WeightsEntry

Arrays = Mapping[str, npt.NDArray[Any]]
READERS = {".safetensors": read_safetensors, ".h5": read_hdf5, ".pth": read_torch}
VARIABLES = ("kernel", "bias")
"""Of a convolution, in the order in which Keras writes them."""


def bring(name: str, entry: WeightsEntry, store: WeightsStore, console: Console) -> str:
    """Download weights, verify them, convert them to arrays and store them; return their content hash.

    Raises SeqopsError if they cannot be downloaded, or are not what the catalogue says.
    """
    store.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store.folder) as scratch:
        archive = _downloaded(entry, Path(scratch), console)
        found = sha256_of(archive)
        if found != entry.sha256:
            raise SeqopsError(
                f"{archive.name} has sha256 {found}, but the catalogue has {entry.sha256}. It is damaged or "
                "changed: do not use it."
            )
        texts = {CONFIG: entry.config, TOKENIZER: entry.tokenizer}
        names = {key: member for key, member in texts.items() if member is not None}
        members = _members(archive, [entry.weights, *names.values()])
    tensors: Arrays = READERS[Path(entry.weights).suffix](members[entry.weights], entry.weights)
    if entry.layers is not None:
        tensors = _of_layers(tensors, entry.layers)
    arrays = {**tensors, **{key: np.frombuffer(members[name], np.uint8) for key, name in names.items()}}
    return store.add(name, arrays, {"licence": entry.licence, "origin": entry.origin})


def _of_layers(arrays: Arrays, layers: Mapping[str, str]) -> dict[str, npt.NDArray[Any]]:
    """Name arrays by layer and variable, as `block1_conv1/kernel`. Raises SeqopsError if one is missing."""
    places = {
        f"{layer}/{variable}": f"{group}/vars/{number}"
        for layer, group in layers.items()
        for number, variable in enumerate(VARIABLES)
    }
    for place in places.values():
        if place not in arrays:
            raise SeqopsError(f"the weights have no {place}. Fix `layers` in the catalogue.")
    return {key: arrays[place] for key, place in places.items()}


def _downloaded(entry: WeightsEntry, folder: Path, console: Console) -> Path:
    if entry.url is not None:
        path = folder / "archive.zip"
        download(entry.url, path, console)
        return path
    return _wheel(str(entry.package), entry.sha256, folder)


def _wheel(package: str, sha256: str, folder: Path) -> Path:
    """Let pip download a wheel, without its dependencies and without installing it."""
    if importlib.util.find_spec("pip") is None:
        raise SeqopsError("pip is not installed in this environment. Install it: `python -m ensurepip`.")
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{package} --hash=sha256:{sha256}\n", "utf-8")
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet", "--no-input"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder / "wheels")]
    done = subprocess.run(  # noqa: S603
        [*command, "--requirement", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    wheels = list((folder / "wheels").glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or ["no wheel came"]
        said = redact(lines[-1].removeprefix("ERROR: "))
        raise SeqopsError(f"pip could not download {package}: {said}. Check the connection and pip's index.")
    return wheels[0]


def _members(archive: Path, names: list[str]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(archive) as opened:
            if (size := sum(opened.getinfo(name).file_size for name in names)) > LIMIT:
                raise SeqopsError(f"{archive.name}: {size:,} bytes are more than the limit of {LIMIT:,}.")
            return {name: opened.read(name) for name in names}
    except KeyError as error:
        raise SeqopsError(f"{archive.name}: {error.args[0]} Fix the entry in the catalogue.") from None
    except zipfile.BadZipFile:
        raise SeqopsError(f"{archive.name} is no ZIP archive. Give the URL of one.") from None
