"""The table of `seqops results`, and what it says to do next."""

import shutil
from pathlib import Path

from rich.console import Console

from seqops.cli import results
from seqops.cli.results import HEAD, results_table

ROOT = Path(__file__).parents[2]


def test_the_table_fits_100_columns_and_loses_nothing():
    row = (
        "translation",
        "https://example.org/a/very/long/address/of/a/file/of/pairs.tsv.zip",
        "backtest_mase 0.6519",
        "[0.9808, 0.9915]",
        "regression on running sums 0.9987",
        "champion v10, challenger v11",
        "1315",
    )
    console = Console(width=150)
    with console.capture() as captured:
        console.print(results_table([row]))
    text = captured.get()
    assert max(map(len, text.splitlines())) <= 100
    assert all(word in text for name in HEAD for word in name.split())
    assert all(text.count(letter) >= "".join(row).count(letter) for letter in set("".join(row)))


def test_tasks_that_are_not_evaluated_are_named_with_their_stages(tmp_path, monkeypatch, capsys):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "data/forecast").mkdir(parents=True)
    (tmp_path / "data/forecast/evaluation.json").touch()
    shown = []
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.setattr(results, "_results", lambda *of: (shown.extend(of[2]) or results_table([]), {}))
    results.results(["ner", "forecast", "sentiment"])
    assert shown == ["forecast"]
    printed = capsys.readouterr().out
    assert "Not evaluated: ner, sentiment. Run `dvc repro evaluate@ner evaluate@sentiment`." in printed
    assert "seqops predict forecast INPUT" in printed
