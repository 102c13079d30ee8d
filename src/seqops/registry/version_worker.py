"""The program that runs a registered version: requests as JSON lines in, responses as JSON lines out.

It runs as a script and imports nothing of the current package, so that `seqops` is the code in the bundle.
Tables and arrays are exchanged as Parquet and NumPy files without pickle; the requests hold their paths. It
exits when its standard input closes, so it cannot outlive the process that started it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

OPTIONAL = ("matplotlib", "sklearn")
"""Packages that Keras imports if they are installed, and that no answer needs from it."""

INPUT_ERRORS = {"BadData", "DataError"}
"""Names, past and present, of the exception classes for invalid user input."""


def main(bundle: Path) -> None:
    """Load a bundle, report that it is ready, and handle requests until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes the pipe
    responses = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # output printed by libraries must not mix with the responses

    def send(**message: Any) -> None:
        responses.write(json.dumps(message, ensure_ascii=False) + "\n")
        responses.flush()

    pending = _requests()
    # a fifth of the time of loading is a search for garbage among what imports keep for ever
    gc.disable()
    try:
        model = _load(bundle)
    except Exception as error:
        send(error=_describe(error))
        return
    gc.freeze()
    gc.enable()
    send(ready=True)
    while True:
        request = pending.get()
        number = request.pop("number")
        try:
            for piece in _respond(model, **request):
                send(number=number, piece=piece)
        except Exception as error:
            send(number=number, error=_describe(error))
        else:
            send(number=number, done=True)


def _requests() -> queue.SimpleQueue[dict[str, Any]]:
    """Read requests in a thread, so that the end of the pipe also ends a long prediction."""
    pending: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            pending.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return pending


def _load(bundle: Path) -> Any:
    sys.path.insert(0, str(bundle / "code"))
    _import_keras()
    if not (bundle / "code" / "seqops" / "loaded_model.py").is_file():
        # registered before a model could be loaded without MLflow, whose import takes seconds
        import mlflow

        return mlflow.pyfunc.load_model(str(bundle)).unwrap_python_model()
    return importlib.import_module("seqops.loaded_model").LoadedModel().load(_artifacts(bundle))


def _import_keras() -> None:
    """Import Keras without the optional packages that it imports for plots and wrappers."""
    absent = dict.fromkeys(name for name in OPTIONAL if name not in sys.modules)
    sys.modules.update(absent)  # type: ignore[arg-type]  # None: as if it were not installed
    try:
        with suppress(ImportError):
            importlib.import_module("keras")
    finally:
        for name in absent:
            del sys.modules[name]


def _artifacts(bundle: Path) -> dict[str, Path]:
    """Return the path of each file that was registered with the model, by its name."""
    from ruamel.yaml import YAML

    described = YAML(typ="safe").load(bundle / "MLmodel")["flavors"]["python_function"]["artifacts"]
    return {name: bundle / file["path"] for name, file in described.items()}


def _respond(model: Any, call: str, **arguments: Any) -> Iterator[Any]:
    if call == "predict":
        yield from model.predict(arguments["inputs"])
    elif call == "stream":
        yield from model.predict_stream(arguments["inputs"])
    elif call == "unknown_words":
        # not known of versions registered before bundles had `unknown_words`
        yield from model.unknown_words(arguments["inputs"]) if hasattr(model, "unknown_words") else ()
    elif call == "predict_split":
        _predict_split(model, **{name: Path(path) for name, path in arguments.items()})
    elif call == "drift_features":
        yield from _drift_features(model, **{name: Path(path) for name, path in arguments.items()})
    elif call == "drift_score":
        # not known of versions registered before bundles had `drift_score`
        yield _drift_score(model, **{name: Path(path) for name, path in arguments.items()})
    else:
        raise ValueError(f"unknown call {call!r}")


def _predict_split(model: Any, table: Path, split: Path, predicted: Path) -> None:
    import numpy as np
    import pandas as pd

    rows, names = pd.read_parquet(table), np.load(split, allow_pickle=False)
    if hasattr(model, "predict_split"):
        found = model.predict_split(rows, names)
    else:  # registered before bundles had `predict_split`
        encoded = model.data.apply(rows, names, model.meta)["test"]
        found = model.network.predict(model.model, encoded, model.meta)
    found.to_parquet(predicted, index=False)


def _drift_features(model: Any, table: Path, new: Path, features: Path) -> Iterator[dict[str, Any]]:
    import numpy as np
    import pandas as pd

    rows, chosen = pd.read_parquet(table), np.load(new, allow_pickle=False)
    if hasattr(model, "drift_features"):
        found = model.drift_features(rows, chosen)
    else:  # registered before bundles had `drift_features`
        former = importlib.import_module("seqops.blocks.champion_drift")
        training = former.encoded(model.data, rows, chosen, "train", model.meta)
        found = {**model.data.watched(training, model.meta), **former._rescored(model, rows, chosen)}
    for number, (name, values) in enumerate(found.items()):
        ragged = hasattr(values, "offsets")
        flat = np.asarray(values.values if ragged else values)
        # arrays of objects would need pickle
        flat = flat.astype(str) if flat.dtype == object else flat
        np.save(features / f"{number}.values.npy", flat, allow_pickle=False)
        if ragged:
            np.save(features / f"{number}.offsets.npy", values.offsets, allow_pickle=False)
        yield {"name": name, "ragged": ragged}


def _drift_score(model: Any, table: Path, new: Path) -> dict[str, Any] | None:
    import numpy as np
    import pandas as pd

    if not hasattr(model, "drift_score"):
        return None
    found: dict[str, Any] | None = model.drift_score(pd.read_parquet(table), np.load(new, allow_pickle=False))
    return found


def _describe(error: Exception) -> dict[str, Any]:
    """Describe an error; kind: `input`, `refused` (another error of the bundle), `import` or `failed`."""
    names = {kind.__name__ for kind in type(error).__mro__}
    text = " ".join(str(error).split()) or type(error).__name__
    trace = "".join(traceback.format_exception(error))
    if names & INPUT_ERRORS:
        # not known of versions registered before requests named all that they refuse
        refusals = [vars(refusal) for refusal in getattr(error, "refusals", ())]
        return {"kind": "input", "message": str(error), "trace": trace, "refusals": refusals}
    if "SeqopsError" in names:
        return {"kind": "refused", "message": str(error), "trace": trace}
    cause = _import_error(error)
    if cause is not None:
        return {"kind": "import", "message": str(cause), "trace": trace}
    return {"kind": "failed", "message": f"{type(error).__name__}: {text}", "trace": trace}


def _import_error(error: BaseException | None) -> ImportError | None:
    """Return the import error that MLflow wrapped, if any."""
    while error is not None and not isinstance(error, ImportError):
        error = error.__cause__ or error.__context__
    return error


if __name__ == "__main__":
    main(Path(sys.argv[1]))
