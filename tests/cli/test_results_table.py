"""The table of `seqops results`, and what it says to do next."""

from rich.console import Console

from seqops.cli.results import HEAD, results_table


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
