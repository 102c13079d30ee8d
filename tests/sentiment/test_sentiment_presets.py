"""Every preset of the task is options that DVC takes and values that the task takes."""

import shutil

import pytest
from dvc.utils.hydra import apply_overrides
from opinions import HERE

from seqops.params import Params, overrides
from seqops.store import Store

FILES = sorted((HERE / "presets").glob("*.yaml"))
PRESETS = [path.stem for path in FILES if "sentiment" in Params.load(path).document["tasks"]]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_configures_the_task(tmp_path, preset):
    path = shutil.copy(HERE / "params.yaml", tmp_path / "params.yaml")
    apply_overrides(path, overrides(Store(HERE), preset))
    chosen = Params.load(tmp_path / "params.yaml").task("sentiment")
    wanted = Params.load(HERE / "presets" / f"{preset}.yaml").document["tasks"]["sentiment"]
    assert chosen.source == wanted["source"] != "sample"
    assert chosen.network().kind == wanted["model"]["kind"]
    assert len(chosen.recipe.stages) == len(wanted["fit"].get("stages", []))
    assert list(chosen.data.labels) == wanted["data"]["labels"]
