"""Initial weights from an earlier fit, which may have been of other series."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import h5py
import keras

from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta
from seqops.nn.ensemble import GATES
from seqops.tasks.forecast.data.pretrained import content_of

Shapes = Mapping[str, tuple[int, ...]]
FORECASTER = "layers/quantile_forecaster"
STACK = f"{FORECASTER}/body/stack/"
NORM = f"{FORECASTER}/body/joints/joint_layer/norm"
HEAD, HIDDEN = f"{FORECASTER}/head/vars/0", f"{FORECASTER}/hidden/vars/0"
CALIBRATION = "layers/quantile_calibration/vars/0"
INPUTS = "data.calendar, data.covariates, data.gaps, data.season, data.seasons, data.static or data.window"


def load_pretrained(model: keras.Model, meta: Meta) -> None:
    """Load the weights of `data.pretrained` into a new model that is not compiled.

    Raises ConfigError if they are of a model with other settings, which it names, or damaged.
    """
    pretrained = meta.get("pretrained")
    if not pretrained:
        return
    with tempfile.TemporaryDirectory() as folder:
        given, own = Path(folder) / "given.weights.h5", Path(folder) / "own.weights.h5"
        given.write_bytes(content_of(pretrained))
        model.save_weights(own)
        try:
            _check(_shapes(given), _shapes(own))
            model.load_weights(given)
        except OSError:
            raise ConfigError("data.pretrained: the weights file is damaged. Copy it again.") from None


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array of the model's layers in a weights file, by its path."""
    found: dict[str, tuple[int, ...]] = {}

    def add(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and name.startswith("layers/"):
            found[name] = item.shape

    with h5py.File(path, "r") as file:
        file.visititems(add)
    return found


def _check(given: Shapes, own: Shapes) -> None:
    if given == own:
        return
    if CALIBRATION not in given or HEAD not in given:
        raise ConfigError(
            "data.pretrained: the weights are not of a forecast with data.scaling: window, so this model "
            "cannot start from them. Give those of one, or set data.pretrained to an empty text."
        )
    theirs, ours = _settings(given), _settings(own)
    differing = [f"{name} {theirs[name]} (here {ours[name]})" for name in ours if theirs[name] != ours[name]]
    what = ", ".join(differing) or f"other inputs: {INPUTS} differs"
    raise ConfigError(
        f"data.pretrained: the weights are of a model with {what}. Set the same here, or give other weights."
    )


def _settings(shapes: Shapes) -> dict[str, str | int]:
    """Read the settings off the shapes of the weights."""
    stack = {name: shape for name, shape in shapes.items() if name.startswith(STACK)}
    cells = [shape for name, shape in stack.items() if name.endswith("cell/vars/0")]
    kinds = {gates: kind for kind, gates in GATES.items()}
    kind = "dense"
    if cells:
        kind = kinds[cells[0][2] // cells[0][1]]
    if any(name.startswith(f"{FORECASTER}/smoothing") for name in shapes):
        kind = "es_lstm"
    horizon, values, _ = shapes[CALIBRATION]
    return {
        "model.kind": kind,
        "model.direction": "both" if any("/backwards/" in name for name in stack) else "forward",
        "model.layers": len({name.removeprefix(STACK).split("/")[0] for name in stack}),
        "model.layer_norm": str(f"{NORM}/vars/0" in shapes).lower(),
        "model.units": cells[0][1] if cells else shapes[HIDDEN][2],
        "model.ensemble_size": shapes[HEAD][0],
        "data.horizon": horizon,
        "columns in data.values": values,
    }
