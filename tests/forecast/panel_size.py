"""Print what the stages of a forecast of many series take: `python tests/forecast/panel_size.py [N ...]`.

Each size is a file of invented monthly series of 120 rows; each stage runs in a process of its own.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1]))

from ruamel.yaml import YAML

import checkout

ROWS = 120
STAGES = ("validate", "preprocess", "train")
DATA = {
    "series": "series", "short": "pad", "date": "month", "values": ["value"], "window": 48, "horizon": 18,
    "backtest_horizon": 18, "origin_step": 18, "validation": 18, "test": 18, "scaling": "window",
    "calendar": ["month"],
}  # fmt: skip
MODEL = {
    "kind": "dense", "layers": 1, "units": 32, "dropout": 0.0, "ensemble_size": 1, "output_steps": 18,
    "difference": 0,
    "mixture": "none",
}  # fmt: skip
FIT = {"epochs": 1, "batch_size": 1024, "validation_rows": 2000}


def project(root, series):
    """Write a project whose forecast has that many series."""
    checkout.project(root)
    yaml, path = YAML(), root / "params.yaml"
    document = yaml.load(path)
    forecast = document["tasks"]["forecast"]
    for section, changes in (("data", DATA), ("model", MODEL), ("fit", FIT)):
        forecast[section].update(changes)
    document["tasks"] = {"forecast": forecast}
    yaml.dump(document, path)
    raw = root / "data" / "forecast" / "raw" / "series.csv"
    raw.parent.mkdir(parents=True)
    months = [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(ROWS)]
    generator, steps = np.random.default_rng(0), np.arange(ROWS)
    with raw.open("w") as file:
        file.write("series,month,value\n")
        for number in range(series):
            season = 0.3 * np.sin(2 * np.pi * (steps + number % 12) / 12)
            values = 100 * np.exp(season + 0.02 * np.cumsum(generator.normal(size=ROWS)))
            file.writelines(f"s{number},{month},{y:.2f}\n" for month, y in zip(months, values, strict=True))
    return root


def measured(root, stage):
    """Run a stage; return its seconds of processor time and its peak memory in MiB: all, and own.

    Own memory is that without mapped files, whose pages the system can drop.
    """
    child = checkout.start(root, stage, ["forecast"])
    own = [0]
    watcher = threading.Thread(target=_watch, args=(child.pid, own))
    watcher.start()
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    watcher.join()
    if status:
        raise RuntimeError(output)
    # getrusage(2) counts bytes on macOS, KiB on Linux
    peak = usage.ru_maxrss / 1024**2 if sys.platform == "darwin" else usage.ru_maxrss / 1024
    return usage.ru_utime + usage.ru_stime, peak, own[0] / 1024


def _watch(pid, own):
    """Keep the largest size of the memory that is not a mapped file, in KiB; only Linux says it."""
    if sys.platform == "linux":
        status = Path(f"/proc/{pid}/status")
        while status.exists():
            try:
                lines = [line for line in status.read_text().splitlines() if line.startswith("RssAnon")]
            except ProcessLookupError:
                return
            if not lines:
                return
            own[0] = max(own[0], int(lines[0].split()[1]))
            time.sleep(0.02)


if __name__ == "__main__":
    for series in map(int, sys.argv[1:] or ("1000", "10000")):
        folder = Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))
        root = project(folder / "project", series)
        for stage in STAGES:
            seconds, peak, own = measured(root, stage)
            print(f"| {series:,} | {stage} | {seconds:.0f} | {peak:.0f} | {own:.0f} |", flush=True)
        shutil.rmtree(folder)
