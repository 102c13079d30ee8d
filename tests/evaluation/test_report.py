"""The report page and its plots: deterministic, self-contained, and escaped."""

import pandas as pd
import pytest

from seqops.core.files import sha256_of
from seqops.core.records import Plot
from seqops.evaluation.plotting import write_plots
from seqops.evaluation.report import write_page

TABLE = pd.DataFrame({"x": ["a", "b"], "y": [1.0, 2.5], "low": [0.0, 2.0], "high": [2.0, 3.0]})
PLOTS = [
    Plot("line", "A line", "line", TABLE, "x", ["y"], ("low", "high")),
    Plot("bar", "Bars", "bar", TABLE, "x", ["y", "high"]),
    Plot("heat", "Cells", "heatmap", TABLE, "x", ["low", "y"]),
]
SCORE = {"value": 0.81234, "low": 0.7, "high": 0.9}
METRICS = {
    "source": "sample",
    "n_test": 2,
    "goal": "f1",
    "higher_is_better": True,
    "verdict": "By f1, the model beats <all>.",
    "model": {"f1": SCORE},
    "baselines": {
        "copy": {"f1": {"value": None, "low": None, "high": None}},
        "longest match": {"f1": {"value": 0.85, "low": 0.75, "high": 0.95}},
    },
    "baseline_kinds": {"copy": "trivial", "longest match": "classical"},
    "against": {"copy": {"p_better": 0.0125}, "longest match": {"p_better": 0.75}},
    "also_against": {"chrf": {"copy": {"value": 1.5, "low": 1.0, "high": 2.0, "p_better": 0.0375}}},
    "slices": {"long": {"n": 1, "f1": SCORE}},
    "signatures": {"f1": "strict"},
}


@pytest.fixture
def page(tmp_path):
    write_plots(tmp_path / "plots", tmp_path / "data", PLOTS)
    tables = {
        "Made up": pd.DataFrame(),
        "Worst examples": pd.DataFrame({"input": ["<script>"], "truth": ["b"]}),
    }
    write_page(tmp_path / "report.html", "toy", METRICS, PLOTS, tmp_path / "plots", tables)
    return (tmp_path / "report.html").read_text("utf-8")


def test_plots_are_the_same_at_every_call(tmp_path):
    for folder in ("one", "two"):
        write_plots(tmp_path / folder, tmp_path / f"{folder}-data", PLOTS)
    for folder, kind in (("one", "png"), ("one-data", "csv")):
        names = sorted(path.name for path in (tmp_path / folder).iterdir())
        assert names == [f"{name}.{kind}" for name in ("bar", "heat", "line")]
    assert sha256_of(tmp_path / "one") == sha256_of(tmp_path / "two")


def test_the_page_shows_scores_with_intervals_and_p_values(page):
    assert "0.8123 [0.7, 0.9]" in page
    assert "0.0125" in page
    assert "Compared by chrf" in page
    assert "1.5 [1, 2]" in page
    assert "0.0375" in page
    assert "–" in page  # the undefined score of the baseline


def test_the_best_score_is_first_and_an_undefined_one_last(page):
    rows = [page.index(f"<td>{name}</td>") for name in ("longest match", "model", "copy")]
    assert rows == sorted(rows)


def test_the_page_says_that_the_source_is_the_sample(page):
    assert "This is the embedded sample" in page


def test_a_table_has_its_title_and_one_without_columns_is_left_out(page):
    assert "<h2>Worst examples</h2>" in page
    assert "Made up" not in page


def test_the_page_loads_nothing_and_escapes_everything(page):
    assert "http" not in page
    assert page.count("data:image/png;base64,") == len(PLOTS)
    assert "<script>" not in page
    assert "&lt;all&gt;" in page


def test_the_page_names_failures_settings_scales_and_true_coverage(tmp_path):
    metrics = METRICS | {
        "model": {
            "f1": SCORE,
            "mase": SCORE,
            "coverage80": {**SCORE, "value": 95.2, "low": 91.0, "high": 98.0},
            "coverage95": {**SCORE, "value": 88.0, "low": 80.0, "high": 96.0},
        },
        "nominal": {"coverage80": 80.0, "coverage95": 95.0},
        "baselines": {},
        "baseline_settings": {"ar": "AR(2) of logarithms"},
        "failed_baselines": {"ets": "1 of 2 fits failed: <singular>"},
        "signatures": {
            "f1": "strict",
            "mase": "mase|horizon:2|scale:28.5 (training rows)",
            "coverage80": "coverage80|horizon:2",
        },
        "slices": {},
    }
    write_plots(tmp_path / "plots", tmp_path / "data", [])
    write_page(tmp_path / "report.html", "toy", metrics, [], tmp_path / "plots", {})
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "failed: 1 of 2 fits failed: &lt;singular&gt;" in page
    assert "ar: AR(2) of logarithms." in page
    assert "<small>scale:28.5 (training rows)</small></td>" in page
    assert "The 80 % intervals covered 95 % [91, 98] of the test values (coverage80)." in page
    assert "The 95 % intervals" not in page


def test_the_page_is_printed_in_light_colours_and_pictures_of_data_are_never_inverted(page):
    dark = page[page.index("@media screen and (prefers-color-scheme:dark)") :]
    assert page.count("prefers-color-scheme") == 1  # print is not screen
    assert "p>img{filter" in dark[: dark.index("*{box-sizing")]
    assert page.count("filter:") == 1
