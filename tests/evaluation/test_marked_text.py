"""Spans marked in the texts of the report."""

import re

import pandas as pd
from test_report import METRICS

from seqops.evaluation.marked_text import TITLE, Mark, span_table
from seqops.evaluation.plotting import write_plots
from seqops.evaluation.report import write_page

TEXT = "Kim met Lee in Oslo."
KIM, LEE, OSLO = (0, 3, "PS"), (8, 11, "PS"), (15, 19, "LC")
LABELS = ["PS", "LC"]


def parts(table, row):
    return list(table["text"][row].parts)


def test_each_span_has_its_label_and_what_the_other_side_has_instead():
    table = span_table([TEXT], [[KIM, LEE, OSLO]], [[(4, 7, "LC"), (8, 14, "PS"), (15, 19, "PS")]], LABELS)
    assert list(table[""]) == ["truth", "predicted"]
    assert parts(table, 0) == [
        ("Kim", Mark("PS", 0, "missed")),
        (" met ", None),
        ("Lee", Mark("PS", 0, "other bounds")),
        (" in ", None),
        ("Oslo", Mark("LC", 1, "but PS")),
        (".", None),
    ]
    assert parts(table, 1) == [
        ("Kim ", None),
        ("met", Mark("LC", 1, "not in the truth")),
        (" ", None),
        ("Lee in", Mark("PS", 0, "other bounds")),
        (" ", None),
        ("Oslo", Mark("PS", 0, "but LC")),
        (".", None),
    ]


def test_a_shared_syllable_belongs_to_the_first_span():
    table = span_table([TEXT], [[KIM]], [[KIM, (2, 7, "LC")]], LABELS)
    assert [text for text, _ in parts(table, 1)] == ["Kim", " met", " Lee in Oslo."]


def test_rows_with_an_error_are_first_and_few_are_shown():
    n = 12
    predicted = [[KIM]] * (n // 2) + [[]] * (n // 2)
    table = span_table([f"Kim {i}" for i in range(n)], [[KIM]] * n, predicted, LABELS)
    shown = ["".join(text for text, _ in cell.parts) for cell in table["text"][::2]]
    assert shown == [f"Kim {i}" for i in (6, 7, 8, 9, 10, 0, 1, 2)]


def test_texts_without_spans_and_long_ones_are_left_out():
    assert not len(span_table(["none", "Kim" * 200], [[], [KIM]], [[], [KIM]], LABELS).columns)


def test_the_page_escapes_the_text_and_names_what_the_colours_mean(tmp_path):
    write_plots(tmp_path / "plots", tmp_path / "data", [])
    tables = {TITLE: span_table(["<b> met Kim"], [[(0, 3, "PS")]], [[(8, 11, "LC")]], LABELS)}
    write_page(tmp_path / "report.html", "toy", METRICS, [], tmp_path / "plots", tables)
    page = (tmp_path / "report.html").read_text("utf-8")
    spans = re.findall(r'<span\s+class="([^"]*)">(.*?)<b>(.*?)</b></span>', page)
    assert spans == [
        ("span tone0 wrong", "&lt;b&gt;", "PS ✗ missed"),
        ("span tone1 wrong", "Kim", "LC ✗ not in the truth"),
    ]
    assert "After each span: its label" in page


def test_a_page_without_marked_texts_says_nothing_of_them(tmp_path):
    write_plots(tmp_path / "plots", tmp_path / "data", [])
    tables = {"Worst examples": pd.DataFrame({"input": ["a"]}), "Nothing": pd.DataFrame({"input": []})}
    write_page(tmp_path / "report.html", "toy", METRICS, [], tmp_path / "plots", tables)
    assert "After each span" not in (tmp_path / "report.html").read_text("utf-8")
