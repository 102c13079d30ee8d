"""A small configured task, and functions that write series to files."""

from dataclasses import replace
from pathlib import Path

from seqops.params import Params
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.data.derived import LENGTHS

ROOT = Path(__file__).parents[2]
TASK = Dataset(
    series="",
    short="refuse",
    date="",
    values=(),
    covariates=(),
    static=(),
    frequency="month",
    time_zone="",
    date_order="auto",
    decimal="auto",
    thousands="",
    gaps="refuse",
    season=4,
    seasons=(),
    harmonics=3,
    window=8,
    horizon=6,
    backtest_horizon=3,
    origin_step=1,
    validation=6,
    test=6,
    max_history=100,
    baselines="",
    pretrained="",
    log=False,
    scaling="none",
    calendar=(),
    min_value=None,
    max_value=None,
)


def task(**changes):
    return replace(TASK, **changes)


def automatic():
    """Return the forecasting task of params.yaml with everything `auto` that may be."""
    data = {f"tasks.forecast.data.{name}": "auto" for name in (*LENGTHS, "frequency")}
    model = {f"tasks.forecast.model.{name}": "auto" for name in ("difference", "output_steps")}
    return Params.load(ROOT / "params.yaml").with_values({**data, **model}).task("forecast")


def months(count, first=2000):
    return [f"{first + i // 12}-{i % 12 + 1:02d}" for i in range(count)]


def write_csv(folder: Path, rows, header="month,value", name="series.csv", end="\n"):
    path = folder / name
    path.write_bytes((end.join([header, *rows]) + end).encode())
    return path


def table(folder, values, data=TASK, **changes):
    rows = [f"{month},{value}" for month, value in zip(months(len(values)), values, strict=True)]
    return data.read([write_csv(folder, rows, **changes)])
