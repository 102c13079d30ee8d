"""The page of results from an invented store: which run counts for a preset, and every cell."""

import json
import re
import shutil
from pathlib import Path

import mlflow
import pytest
from invented import LOSES, TIES, TRANSLATED, score, tags
from PIL import Image
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.renamed_keys import RENAMED
from seqops.evaluation.formatting import number
from seqops.experiments.results_page import write
from seqops.params import Params
from seqops.tracking.mlflow_runs import run_params

PAGE = (Path(__file__).parent / "results.md").read_text("utf-8")


def test_the_page_says_what_the_store_recorded(invented):
    invented.run("ner", "fast", tags(0.3, LOSES), 99, 2)
    invented.run("ner", "fast", tags(0.8, TIES), 12.4, 2)
    # of no preset, of a study, not finished, not evaluated
    invented.run("ner", "fast", tags(0.99, TIES), 1, 1, also={"fit.epochs": "1"})
    invented.run("ner", "fast", tags(0.98, TIES), 1, 1, also={"fit.stages": "[]"})
    invented.run("ner", "never", tags(0.97, TIES), 1, 1, kind="trial")
    invented.run("ner", "fast", tags(0.96, TIES), 1, 1, status="FAILED")
    invented.run("ner", "fast", None, 1, 1)
    invented.run("ner", "wide", tags(0.7, LOSES), 61, 4)
    invented.run("translation", "fast", TRANSLATED)
    done = invented.results()
    assert done.exit_code == 0, done.stderr
    head, mark, tables = invented.page.partition("## ner\n")
    assert mark + re.sub(r"\| [0-9a-f]{8} \| `seqops", "| ........ | `seqops", tables) == PAGE
    assert head.startswith("# Results of the presets\n\nWritten by `make results` ")
    assert "*beats* at p < 0.05," in " ".join(head.split())
    docs = invented.root / "docs"
    first = {path.name: path.read_bytes() for path in docs.iterdir()}
    assert set(first) == {"results.md", "results.json", "results-curves.csv", "results-ner.png"}
    invented.results()
    assert {path.name: path.read_bytes() for path in docs.iterdir()} == first


def test_a_curve_has_the_epochs_that_learn_the_goal_and_the_seconds_of_all(invented):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.run("ner", "wide", {**tags(0.7, TIES), "source": "klp2016"}, 61, 4, pretext=2)
    invented.run("translation", "fast", TRANSLATED)
    invented.results()
    assert invented.curves.split() == [
        "task,preset,settings,source,goal,epoch,seconds,validation",
        "ner,fast,sample,f1,1,6.0,0.1235",
        "ner,fast,sample,f1,2,12.0,0.2469",
        "ner,wide,klp2016,f1,3,45.8,0.3704",
        "ner,wide,klp2016,f1,4,61.0,0.4938",
    ]
    with Image.open(invented.root / "docs" / "results-ner.png") as picture:
        assert picture.size == (1210, 396)  # two sources: two panels


def test_the_record_has_every_figure_of_a_row_by_its_settings_and_command(invented):
    invented.run("ner", "fast", tags(0.80651, LOSES), 12.34, 2)
    invented.run("translation", "fast", TRANSLATED)
    invented.results()
    record = json.loads((invented.root / "docs" / "results.json").read_text("utf-8"))
    assert record["alpha"] == 0.05
    assert [(row["command"], len(row["runs"])) for row in record["rows"]] == [
        ("seqops run fast ner", 1),
        ("seqops run never ner", 0),
        ("seqops run wide ner", 0),
        ("seqops run fast translation", 1),
    ]
    tagger, translator = record["rows"][0], record["rows"][3]
    assert tagger["settings"] in invented.page
    [run] = tagger["runs"]
    unknown = {"units": None, "reason": ""}
    assert run["scores"] == [
        {"name": "f1", **score(0.80651), **unknown},
        {"name": "recall", "value": 0.7, "low": 0.6, "high": None, **unknown},
        {"name": "precision", "value": 0.9, "low": 0.8, "high": 0.95, **unknown},
    ]
    assert run["trivial"] == {"name": "usual", **score(0.4), **unknown, "outcome": "beats"}
    assert run["classical"] == {"name": "longest", **score(0.805), **unknown, "outcome": "loses to"}
    assert (run["seed"], run["seconds"], run["epochs"]) == (0, 12.3, 2)
    assert run["curve"] == [
        {"epoch": 1, "seconds": 6.2, "validation": 0.1235},
        {"epoch": 2, "seconds": 12.3, "validation": 0.2469},
    ]
    [run] = translator["runs"]
    assert (run["classical"], run["seconds"], run["epochs"], run["curve"]) == (None, None, None, [])


def test_the_page_and_the_curves_come_from_the_record_alone(invented, tmp_path_factory):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.results()
    docs, elsewhere = invented.root / "docs", tmp_path_factory.mktemp("elsewhere")
    shutil.copy(docs / "results.json", elsewhere)
    write(elsewhere / "results.md")
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == {
        path.name: path.read_bytes() for path in docs.iterdir()
    }


def test_a_row_of_several_runs_has_a_line_for_each(tmp_path):
    score = {"name": "f1", "value": 0.5, "low": 0.25, "high": None}
    run = {
        **dict.fromkeys(("trivial", "classical", "seconds", "epochs")),
        **{"source": "sample", "n_test": 4, "model": "gru", "scores": [score], "curve": []},
    }
    row = {"task": "ner", "preset": "fast", "command": "seqops run fast ner", "settings": "08564007"}
    runs = [{**run, "seed": 0}, {**run, "seed": 1, "scores": [{**score, "value": 0.75}]}]
    (tmp_path / "results.json").write_text(json.dumps({"alpha": 0.01, "rows": [{**row, "runs": runs}]}))
    write(tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| fast |")]
    assert lines == [
        f"| fast | sample, 4 | gru | f1 {value} (no interval) | none | none |  | unknown | unknown "
        "| 08564007 | `seqops run fast ner` |"
        for value in ("0.5", "0.75")
    ]
    assert "p < 0.01" in text


@pytest.mark.parametrize(
    ("text", "where"),
    [("[", "results.json: the file: Invalid JSON"), ('{"alpha": 0.05, "rows": [{}]}', "rows.0.task: ")],
)
def test_a_damaged_record_is_refused_and_left_as_it_is(invented, text, where):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    record = invented.root / "docs" / "results.json"
    record.parent.mkdir()
    record.write_text(text)
    done = invented.results()
    assert done.exit_code == 1
    assert where in " ".join(done.stderr.split())
    assert "git checkout" in done.stderr
    assert record.read_text() == text


def test_a_page_with_the_name_of_the_record_is_refused(invented):
    done = CliRunner().invoke(app, ["results", "--output", str(invented.root / "results.json")])
    assert done.exit_code == 1
    assert "Give results.md." in done.stderr


def test_a_run_of_former_values_is_of_no_preset_any_more(invented):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.run("ner", "wide", tags(0.7, TIES), 12, 2)
    path = invented.root / "presets" / "fast.yaml"
    path.write_text("tasks:\n  ner:\n    fit: {epochs: 5}\n", "utf-8")
    assert invented.results("ner").exit_code == 0
    assert "| wide |" in invented.page
    assert "Not run: `seqops run fast ner`, `seqops run never ner`." in invented.page
    assert "translation" not in invented.page


def test_a_row_of_another_store_stays_while_its_settings_are_those_of_the_preset(invented):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.run("ner", "wide", tags(0.7, TIES), 61, 4)
    invented.results("ner")
    elsewhere = invented.page
    fast, wide = (line for line in elsewhere.splitlines() if line.startswith(("| fast", "| wide")))

    invented.forget()
    invented.run("ner", "never", tags(0.6, LOSES), 9, 1)
    invented.results("ner")
    assert fast in invented.page
    assert wide in invented.page
    assert [line.split(",")[1] for line in invented.curves.split()] == [
        "preset", "fast", "fast", "never", *["wide"] * 4,
    ]  # fmt: skip
    assert "| never | sample, 40 | lstm | f1 0.6" in invented.page

    invented.run("ner", "fast", tags(0.9, TIES), 13, 2)
    path = invented.root / "presets" / "wide.yaml"
    path.write_text("tasks:\n  ner:\n    model: {units: 129, kind: gru}\n    source: klp2016\n", "utf-8")
    invented.results("ner")
    assert fast not in invented.page
    assert "| fast | sample, 40 | lstm | f1 0.9" in invented.page
    assert "Not run: `seqops run wide ner`." in invented.page
    assert ",wide," not in invented.curves


def test_an_empty_store_is_refused_in_words(invented):
    done = invented.results()
    assert done.exit_code == 1
    assert "copied.db has no finished and evaluated run of a preset." in done.stderr
    assert "Run one: `seqops run fast ner`." in done.stderr
    assert not (invented.root / "docs").exists()


def test_a_preset_of_no_task_is_refused_by_name(invented):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    (invented.root / "presets" / "odd.yaml").write_text("tasks:\n  nre:\n    source: sample\n", "utf-8")
    assert "odd.yaml:2: tasks.nre: unknown key; did you mean 'ner'?" in invented.results().stderr


def test_runs_beyond_the_first_page_of_the_store_are_found(invented, monkeypatch):
    search = mlflow.MlflowClient.search_runs
    monkeypatch.setattr(
        mlflow.MlflowClient,
        "search_runs",
        lambda *given, **named: search(*given, **{**named, "max_results": 1}),
    )
    invented.run("ner", "wide", tags(0.7, TIES), 12, 2)
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.results("ner")
    assert "| wide |" in invented.page
    assert "| fast |" in invented.page


def test_every_task_of_params_has_its_own_section_in_order(invented):
    names = Params.load(invented.store.params).names
    invented.run("translation", "fast", TRANSLATED)
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.results()
    sections = [line.removeprefix("## ") for line in invented.page.split("\n") if line.startswith("## ")]
    assert sections == [name for name in names if name in ("ner", "translation")]


def test_numbers_have_four_digits_and_may_be_undefined():
    assert [number(value) for value in (0.80651, 48.249, 12, None)] == ["0.8065", "48.25", "12", "undefined"]


def test_a_run_that_was_recorded_under_former_keys_still_belongs_to_its_preset(invented, monkeypatch):
    former = {f"{old.rpartition('.')[0]}.{new}": old.rpartition(".")[2] for old, new in RENAMED.items()}

    def params(task):
        parts = {
            key: (key.rpartition(".")[0], former.get(f"tasks.{task.name}.{key}")) for key in run_params(task)
        }
        return {
            f"{parts[key][0]}.{parts[key][1]}" if parts[key][1] else key: v
            for key, v in run_params(task).items()
        }

    monkeypatch.setattr("invented.run_params", params)
    invented.run("ner", "fast", tags(0.8, TIES), 12.4, 2)
    [run] = invented.client.search_runs([invented.client.get_experiment_by_name("ner").experiment_id])
    assert {"data.longest", "model.members"} < set(run.data.params)
    assert invented.results().exit_code == 0
    assert re.search(r"^\| fast \| .* `seqops run fast ner` \|$", invented.page, re.MULTILINE)
