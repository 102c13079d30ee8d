"""The manifest of a bundle: a damaged one is refused before any other file is read."""

import json
from types import SimpleNamespace

import pytest

from seqops.core.errors import SeqopsError
from seqops.serving import RawModel

HASHES = dict.fromkeys(("meta", "params", "weights"), "0" * 64)


@pytest.mark.parametrize(
    "manifest",
    [
        {"sha256": HASHES},
        {"task": "letters"},
        {"task": "letters", "sha256": {}},
        {"task": "letters", "sha256": {"meta": "0" * 64}},
        {"task": 3, "sha256": HASHES},
        ["letters"],
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path, manifest):
    artifacts = {name: tmp_path / name for name in [*HASHES, "manifest"]}
    for path in artifacts.values():
        path.write_text("{}")
    artifacts["manifest"].write_text(json.dumps(manifest))
    context = SimpleNamespace(artifacts={name: str(path) for name, path in artifacts.items()})
    with pytest.raises(
        SeqopsError, match=r"the manifest of this bundle is damaged|is not the file that was registered"
    ):
        RawModel().load_context(context)
