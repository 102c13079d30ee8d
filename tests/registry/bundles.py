"""Bundles on disk: one that release 0.1.0 registered, and small ones with another module layout."""

import json
import tarfile
from pathlib import Path
from types import SimpleNamespace

RELEASE_0_1_0 = Path(__file__).parents[1] / "fixtures" / "textgen-0.1.0"
MLMODEL = """\
flavors:
  python_function:
    artifacts: {}
    code: code
    loader_module: mlflow.pyfunc.loaders.code_model
    model_code_path: model.py
    python_version: 3.11.7
model_uuid: m-1
"""
MODEL = """\
import mlflow
from mlflow.pyfunc import PythonModel
from seqops.other_module import echo

class Model(PythonModel):
    def predict(self, model_input, params=None):
        return [echo(text) for text in model_input]

    def predict_stream(self, model_input, params=None):
        yield from model_input[0]

    def predict_split(self, table, split):
        return table[split == "test"]

mlflow.models.set_model(Model())
"""
OTHER_MODULE = """\
import os, sys, time

class SeqopsError(Exception): pass
class DataError(SeqopsError): pass
class Refusal: pass

def echo(text):
    if text == "hang":
        time.sleep(60)
    if text == "die":
        os._exit(3)
    if text == "die in a line":
        frame = sys._getframe()
        while "responses" not in frame.f_locals:
            frame = frame.f_back
        frame.f_locals["responses"].write('{"number": ')
        frame.f_locals["responses"].flush()
        os._exit(3)
    if text == "refuse":
        raise SeqopsError("this model refuses. Use another.")
    if text == "unusable":
        raise DataError("input 1: unusable. Give another.")
    if text == "refused inputs":
        refusal, error = Refusal(), DataError("input 1:7: unusable. Give another.")
        vars(refusal).update(place=0, message=str(error), fault="unusable. Give another.", line=7)
        error.refusals = [refusal]
        raise error
    if text == "fail":
        raise KeyError("no such key")
    if text == "late import":
        import a_module_that_is_gone
    print("noise on standard output")
    return {"echo": text, "process": os.getpid()}
"""


def unpack_release_0_1_0(folder):
    """Unpack the bundle that release 0.1.0 registered; return its path and its expected answers."""
    with tarfile.open(RELEASE_0_1_0 / "bundle.tar.xz") as packed:
        packed.extractall(folder / "bundle", filter="data")
    answers = json.loads((RELEASE_0_1_0 / "expected.json").read_text("utf-8"))
    return SimpleNamespace(path=folder / "bundle", table=RELEASE_0_1_0 / "table.parquet", **answers)


def write_bundle_of_another_layout(folder, model=MODEL, other_module=OTHER_MODULE):
    """Write a bundle whose package `seqops` has a module that the current one lacks."""
    bundle = folder / "bundle"
    package = bundle / "code" / "seqops"
    package.mkdir(parents=True)
    (bundle / "MLmodel").write_text(MLMODEL)
    (bundle / "model.py").write_text(model)
    (package / "__init__.py").write_text("")
    (package / "other_module.py").write_text(other_module)
    return bundle
