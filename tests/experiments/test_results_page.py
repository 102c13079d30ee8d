"""The results page of a hand-made store: which run counts for a preset, and every cell."""

import json
import re
import shutil
from pathlib import Path

import mlflow
import pytest
from fake_store import LOSES, SEEDS, TIES, TRANSLATION_METRICS, comparison, score, tagging_metrics
from PIL import Image
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.renamed_keys import RENAMED
from seqops.evaluation.formatting import number
from seqops.experiments.results_page import write
from seqops.params import Params
from seqops.tracking.mlflow_runs import run_params

PAGE = (Path(__file__).parent / "results.md").read_text("utf-8")


def test_the_page_shows_what_the_store_recorded(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.3, LOSES), 99, 2)
    fake_store.add_run("ner", "fast", {**tagging_metrics(0.8, TIES), "seeds": SEEDS}, 12.4, 2)
    # these do not count: no preset, a study, not finished, not evaluated
    fake_store.add_run("ner", "fast", tagging_metrics(0.99, TIES), 1, 1, overrides={"fit.epochs": "1"})
    fake_store.add_run("ner", "fast", tagging_metrics(0.98, TIES), 1, 1, overrides={"fit.stages": "[]"})
    fake_store.add_run("ner", "never", tagging_metrics(0.97, TIES), 1, 1, kind="trial")
    fake_store.add_run("ner", "fast", tagging_metrics(0.96, TIES), 1, 1, status="FAILED")
    fake_store.add_run("ner", "fast", None, 1, 1)
    fake_store.add_run("ner", "wide", tagging_metrics(0.7, LOSES), 61, 4)
    fake_store.add_run("translation", "fast", TRANSLATION_METRICS)
    done = fake_store.results()
    assert done.exit_code == 0, done.stderr
    head, mark, tables = fake_store.page.partition("## ner\n")
    assert mark + re.sub(r"\| [0-9a-f]{8} \| `seqops", "| ........ | `seqops", tables) == PAGE
    assert head.startswith("# Results of the presets\n\nWritten by `make results` ")
    assert "both one-sided at 0.05: *beats* if" in " ".join(head.split())
    docs = fake_store.root / "docs"
    first = {path.name: path.read_bytes() for path in docs.iterdir()}
    assert set(first) == {"results.md", "results.json", "results-curves.csv", "results-ner.png"}
    fake_store.results()
    assert {path.name: path.read_bytes() for path in docs.iterdir()} == first


def test_a_curve_begins_with_the_initial_model_at_no_seconds(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.9, TIES), 10, 1, initial=0.05)
    assert fake_store.results("ner").exit_code == 0
    assert [line.split(",")[-3:] for line in fake_store.curves.split()[1:]] == [
        ["0", "0.0", "0.05"],
        ["1", "10.0", "0.1235"],
    ]


def test_a_model_that_training_did_not_improve_is_marked_on_the_page(fake_store):
    difference = {"value": 0.0, "low": 0.0, "high": 0.0, "p_better": 1.0, "p_worse": 1.0, "units": 40}
    training = {
        "metric": "f1",
        "initial": 0.9,
        "best": 0.9,
        "best_epoch": 0,
        "trained": False,
        "epochs": 2,
        "rows": 40,
        "difference": difference,
    }
    fake_store.add_run("ner", "fast", {**tagging_metrics(0.9, TIES), "training": training}, 10, 1)
    fake_store.results("ner")
    assert "*training did not improve on the initial model*<br>beats" in fake_store.page


@pytest.mark.parametrize(("value", "named"), [(0.9, True), (0.8, False)])
def test_a_better_baseline_that_only_another_run_had_is_named(fake_store, value, named):
    later = {**tagging_metrics(0.7, LOSES), "baselines": {}}
    former = tagging_metrics(0.9, TIES)
    for key in ("baselines", "baseline_kinds", "against"):
        later[key] = {"crf" if name == "longest" else name: found for name, found in former[key].items()}
    later["baselines"]["crf"] = {"f1": score(value)}
    fake_store.add_run("ner", "fast", former, 10, 1)
    fake_store.add_run("ner", "wide", later, 10, 1)
    fake_store.results("ner")
    fast, wide = (line for line in fake_store.page.splitlines() if line.startswith(("| fast", "| wide")))
    assert (f"<br>*not compared with crf, {value} in wide* |" in fast) is named
    assert ("not compared with longest" in wide) is not named


@pytest.mark.parametrize(("value", "named"), [(0.9, True), (0.803, False)])
def test_a_baseline_that_was_better_in_another_run_is_named(fake_store, value, named):
    former = tagging_metrics(0.9, TIES)
    later = {**former, "baselines": {**former["baselines"], "longest": {"f1": score(value)}}}
    fake_store.add_run("ner", "fast", former, 10, 1)
    fake_store.add_run("ner", "wide", later, 10, 1)
    fake_store.results("ner")
    fast, wide = (line for line in fake_store.page.splitlines() if line.startswith(("| fast", "| wide")))
    assert (f"<br>*not compared with longest, {value} in wide* |" in fast) is named
    assert "not compared with longest" not in wide


def test_a_curve_has_the_epochs_on_the_goal_and_the_seconds_of_all_epochs(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.add_run("ner", "wide", {**tagging_metrics(0.7, TIES), "source": "klp2016"}, 61, 4, pretext=2)
    fake_store.add_run("translation", "fast", TRANSLATION_METRICS)
    fake_store.results()
    assert fake_store.curves.split() == [
        "task,preset,settings,data,goal,epoch,seconds,validation",
        "ner,fast,sample,f1,1,6.0,0.1235",
        "ner,fast,sample,f1,2,12.0,0.2469",
        "ner,wide,klp2016,f1,3,45.8,0.3704",
        "ner,wide,klp2016,f1,4,61.0,0.4938",
    ]
    with Image.open(fake_store.root / "docs" / "results-ner.png") as picture:
        assert picture.size == (1210, 396)  # two datasets: two panels


def test_the_record_has_every_figure_of_a_row_by_its_settings_and_command(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.80651, LOSES), 12.34, 2)
    fake_store.add_run("translation", "fast", TRANSLATION_METRICS)
    fake_store.results()
    record = json.loads((fake_store.root / "docs" / "results.json").read_text("utf-8"))
    assert record["alpha"] == 0.05
    assert [(row["command"], len(row["runs"])) for row in record["rows"]] == [
        ("seqops run fast ner", 1),
        ("seqops run never ner", 0),
        ("seqops run wide ner", 0),
        ("seqops run fast translation", 1),
    ]
    tagger, translator = record["rows"][0], record["rows"][3]
    assert tagger["settings"] in fake_store.page
    [run] = tagger["runs"]
    assert run["scores"] == [
        {"name": "f1", **score(0.80651), "reason": ""},
        {"name": "recall", "value": 0.7, "low": 0.6, "high": None, "units": 40, "reason": ""},
        {"name": "precision", "value": 0.9, "low": 0.8, "high": 0.95, "units": 40, "reason": ""},
    ]
    usual = {"outcome": "beats", "also": {}, "difference": 0.4, "p": 0.01}
    assert run["trivial"] == {"name": "usual", **score(0.4), "reason": "", **usual}
    longest = {"outcome": "loses to", "also": {}, "difference": -0.15, "p": 0.0}
    assert run["classical"] == {"name": "longest", **score(0.805), "reason": "", **longest}
    assert (run["seed"], run["seconds"], run["epochs"], run["seeds"]) == (0, 12.3, 2, None)
    assert run["memory"] == 1235
    assert run["curve"] == [
        {"epoch": 1, "seconds": 6.2, "validation": 0.1235},
        {"epoch": 2, "seconds": 12.3, "validation": 0.2469},
    ]
    [run] = translator["runs"]
    assert (run["classical"], run["seconds"], run["epochs"], run["curve"]) == (None, None, None, [])


def test_the_record_keeps_mean_range_and_interval_over_seeds(fake_store):
    fake_store.add_run("ner", "fast", {**tagging_metrics(0.8, TIES), "seeds": SEEDS}, 12, 2)
    fake_store.results("ner")
    first = (fake_store.root / "docs" / "results.json").read_text("utf-8")
    assert json.loads(first)["rows"][0]["runs"][0]["seeds"] == {
        "seeds": [0, 1, 2],
        "value": 0.79,
        "min": 0.77,
        "max": 0.8,
        "low": 0.74,
        "high": 0.83,
        "units": 40,
        "reason": "",
    }
    fake_store.delete_runs()
    fake_store.add_run("ner", "never", tagging_metrics(0.5, TIES), 1, 1)
    fake_store.results("ner")
    assert "3 seeds: 0.79 (0.77 to 0.8) [0.74, 0.83]" in fake_store.page


def test_the_verdict_names_a_further_metric_that_disagrees(fake_store):
    also = {"chrf": {"copy": comparison(-12, -8, 1.0)}, "ter": {"copy": comparison(1, 2, 0.001)}}
    fake_store.add_run("translation", "fast", {**TRANSLATION_METRICS, "also_against": also})
    fake_store.results()
    assert "| beats copy (+17, p 0.001); by chrf loses to it |" in fake_store.page


def test_the_page_and_the_curves_come_from_the_record_alone(fake_store, tmp_path_factory):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.results()
    docs, before = fake_store.root / "docs", tmp_path_factory.mktemp("before")
    shutil.copy(docs / "results.json", before)
    write(before / "results.md")
    assert {path.name: path.read_bytes() for path in before.iterdir()} == {
        path.name: path.read_bytes() for path in docs.iterdir()
    }


def test_a_run_without_the_number_of_units_is_marked_as_of_an_earlier_release(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.add_run("ner", "wide", tagging_metrics(0.7, LOSES), 61, 4)
    fake_store.results()
    record = fake_store.root / "docs" / "results.json"
    assert "†" not in fake_store.page
    content = json.loads(record.read_text("utf-8"))
    content["rows"][0]["runs"][0]["scores"][0]["units"] = None
    record.write_text(json.dumps(content), "utf-8")
    write(record.with_suffix(".md"))
    assert "| fast † | sample, 40 |" in fake_store.page
    assert "| wide | sample, 40 |" in fake_store.page
    assert "\n\n† Measured by an earlier release" in fake_store.page


def test_a_row_of_several_runs_has_a_line_for_each(tmp_path):
    score = {"name": "f1", "value": 0.5, "low": 0.25, "high": None, "units": 4}
    run = {
        **dict.fromkeys(("trivial", "classical", "seconds", "epochs")),
        **{"source": "train=x-a,train=x-b,test=x-c", "n_test": 4, "model": "gru"},
        **{"scores": [score], "curve": []},
    }
    row = {"task": "ner", "preset": "fast", "command": "seqops run fast ner", "settings": "08564007"}
    runs = [{**run, "seed": 0}, {**run, "seed": 1, "scores": [{**score, "value": 0.75}]}]
    (tmp_path / "results.json").write_text(json.dumps({"alpha": 0.01, "rows": [{**row, "runs": runs}]}))
    write(tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| fast |")]
    assert lines == [
        f"| fast | x, 4 | gru | f1 {value} (no interval) | 1 seed | none | none |  | unknown | unknown "
        "| unknown | 08564007 | `seqops run fast ner` |"
        for value in ("0.5", "0.75")
    ]
    assert "both one-sided at 0.01:" in text


@pytest.mark.parametrize(
    ("text", "where"),
    [("[", "results.json: the file: Invalid JSON"), ('{"alpha": 0.05, "rows": [{}]}', "rows.0.task: ")],
)
def test_a_damaged_record_is_refused_and_not_changed(fake_store, text, where):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    record = fake_store.root / "docs" / "results.json"
    record.parent.mkdir()
    record.write_text(text)
    done = fake_store.results()
    assert done.exit_code == 1
    assert where in " ".join(done.stderr.split())
    assert "git checkout" in done.stderr
    assert record.read_text() == text


def test_a_page_with_the_name_of_the_record_is_refused(fake_store):
    done = CliRunner().invoke(app, ["results", "--output", str(fake_store.root / "results.json")])
    assert done.exit_code == 1
    assert "Give results.md." in done.stderr


def test_a_run_with_earlier_values_no_longer_belongs_to_the_preset(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.add_run("ner", "wide", tagging_metrics(0.7, TIES), 12, 2)
    path = fake_store.root / "presets" / "fast.yaml"
    path.write_text("tasks:\n  ner:\n    fit: {epochs: 5}\n", "utf-8")
    assert fake_store.results("ner").exit_code == 0
    assert "| wide |" in fake_store.page
    assert "Not run: `seqops run fast ner`, `seqops run never ner`." in fake_store.page
    assert "translation" not in fake_store.page


def test_a_row_from_another_store_stays_while_its_settings_match_the_preset(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.add_run("ner", "wide", tagging_metrics(0.7, TIES), 61, 4)
    fake_store.results("ner")
    before = fake_store.page
    fast, wide = (line for line in before.splitlines() if line.startswith(("| fast", "| wide")))

    fake_store.delete_runs()
    fake_store.add_run("ner", "never", tagging_metrics(0.6, LOSES), 9, 1)
    fake_store.results("ner")
    assert fast in fake_store.page
    assert wide in fake_store.page
    assert [line.split(",")[1] for line in fake_store.curves.split()] == [
        "preset", "fast", "fast", "never", *["wide"] * 4,
    ]  # fmt: skip
    assert "| never | sample, 40 | lstm | f1 0.6" in fake_store.page

    fake_store.add_run("ner", "fast", tagging_metrics(0.9, TIES), 13, 2)
    path = fake_store.root / "presets" / "wide.yaml"
    path.write_text("tasks:\n  ner:\n    model: {units: 129, kind: gru}\n    source: klp2016\n", "utf-8")
    fake_store.results("ner")
    assert fast not in fake_store.page
    assert "| fast | sample, 40 | lstm | f1 0.9" in fake_store.page
    assert "Not run: `seqops run wide ner`." in fake_store.page
    assert ",wide," not in fake_store.curves


def test_an_empty_store_is_refused_with_a_message(fake_store):
    done = fake_store.results()
    assert done.exit_code == 1
    assert "copied.db has no finished and evaluated run of a preset." in done.stderr
    assert "Run one: `seqops run fast ner`." in done.stderr
    assert not (fake_store.root / "docs").exists()


def test_a_preset_of_an_unknown_task_is_refused_by_name(fake_store):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    (fake_store.root / "presets" / "odd.yaml").write_text("tasks:\n  nre:\n    source: sample\n", "utf-8")
    assert "odd.yaml:2: tasks.nre: unknown key; did you mean 'ner'?" in fake_store.results().stderr


def test_runs_beyond_the_first_page_of_results_are_found(fake_store, monkeypatch):
    search = mlflow.MlflowClient.search_runs
    monkeypatch.setattr(
        mlflow.MlflowClient,
        "search_runs",
        lambda *arguments, **options: search(*arguments, **{**options, "max_results": 1}),
    )
    fake_store.add_run("ner", "wide", tagging_metrics(0.7, TIES), 12, 2)
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.results("ner")
    assert "| wide |" in fake_store.page
    assert "| fast |" in fake_store.page


def test_every_task_of_params_has_its_own_section_in_order(fake_store):
    names = Params.load(fake_store.project.params).names
    fake_store.add_run("translation", "fast", TRANSLATION_METRICS)
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.results()
    sections = [line.removeprefix("## ") for line in fake_store.page.split("\n") if line.startswith("## ")]
    assert sections == [name for name in names if name in ("ner", "translation")]


def test_numbers_have_four_digits_and_may_be_undefined():
    assert [number(value) for value in (0.80651, 48.249, 12, None)] == ["0.8065", "48.25", "12", "undefined"]


def test_a_run_recorded_under_earlier_keys_still_belongs_to_its_preset(fake_store, monkeypatch):
    earlier = {f"{old.rpartition('.')[0]}.{new}": old.rpartition(".")[2] for old, new in RENAMED.items()}

    def params(task):
        parts = {
            key: (key.rpartition(".")[0], earlier.get(f"tasks.{task.name}.{key}")) for key in run_params(task)
        }
        return {
            f"{parts[key][0]}.{parts[key][1]}" if parts[key][1] else key: v
            for key, v in run_params(task).items()
        }

    monkeypatch.setattr("fake_store.run_params", params)
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12.4, 2)
    [run] = fake_store.client.search_runs([fake_store.client.get_experiment_by_name("ner").experiment_id])
    assert {"data.longest", "model.members"} < set(run.data.params)
    assert fake_store.results().exit_code == 0
    assert re.search(r"^\| fast \| .* `seqops run fast ner` \|$", fake_store.page, re.MULTILINE)
