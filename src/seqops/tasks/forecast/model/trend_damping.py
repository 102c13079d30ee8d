"""Growth from season to season that fades beyond the first season of a forecast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DAMPING = 0.98
"""What remains of growth after a step: the least damping of usual damped trends (Hyndman and Athanasopoulos
2021, section 8.2). A network knows growth that went on; validation rows just before a turn speak against any
damping, and those of many series for more than this."""


def damped(path: Floats, season: Floats) -> Floats:
    """Damp the changes of forecasts (n, H, V) from season to season; season: (n, L, V), the last one known.

    Those of the first season stay, those of season k + 1 are multiplied by `DAMPING` to the power of k L.
    """
    length, steps = season.shape[1], path.shape[1]
    known = np.concatenate([season, path], axis=1)
    remaining = DAMPING ** (np.arange(steps) // length * length)[:, None]
    changes = (known[:, length:] - known[:, :-length]) * remaining
    found = known.copy()
    for step in range(steps):
        found[:, length + step] = found[:, step] + changes[:, step]
    return found[:, length:]
