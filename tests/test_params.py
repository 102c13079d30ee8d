"""The search, tuning and drift sections: every error names the key, its line and what to do."""

import re
from pathlib import Path

import pytest

from seqops.core.errors import ConfigError, SeqopsError
from seqops.core.settings import DriftSettings, TuningSettings
from seqops.params import Params
from seqops.sources.catalog import read_catalog
from seqops.tuning.search_space import Float, space_of
from seqops.tuning.yaml_edit import edited

ROOT = Path(__file__).parents[1]
PARAMS = Params.load(ROOT / "params.yaml")
UNITS = "model.units: {kind: int, low: 32, high: 256, log: true}"


@pytest.fixture(scope="module")
def text():
    return (ROOT / "params.yaml").read_text("utf-8")


@pytest.fixture
def searching(tmp_path, text):
    """Write params.yaml with another search section of one task; return it and its first entry's line."""

    def write(*entries):
        head, ner = text.split("  ner:\n")
        before, after = ner.split("    search:\n", 1)
        rest = after.partition("\n  translation:")[2]
        body = "".join(f"      {entry}\n" for entry in entries)
        head = f"{head}  ner:\n{before}    search:\n"
        path = tmp_path / "params.yaml"
        path.write_text(f"{head}{body}\n  translation:{rest}", "utf-8")
        return Params.load(path), head.count("\n") + 1

    return write


@pytest.mark.parametrize("name", PARAMS.names)
def test_by_default_every_task_searches_size_dropout_and_learning_rate(name):
    space = space_of(PARAMS, name)
    expected = {"model.units", "model.dropout", "fit.learning_rate", "fit.decay.kind", "fit.decay.rate"}
    assert expected <= set(space)
    values = PARAMS.task(name).values()
    assert {key: values[key] for key in space if not space[key].contains(values[key])} == {}


@pytest.mark.parametrize(
    ("entry", "key", "message"),
    [
        (
            "model.unitz: {kind: int, low: 1, high: 2}",
            "model.unitz",
            "unknown key; did you mean 'model.units'?",
        ),
        ("fit.decay: {kind: int, low: 1, high: 2}", "fit.decay", "unknown key; did you mean 'fit.decay."),
        ("units: {kind: int, low: 1, high: 2}", "units", "unknown key; did you mean 'model.units'?"),
        (
            "data.min_count: {kind: int, low: 1, high: 2}",
            "data.min_count",
            "data are encoded once for each study. Search only keys of model and fit.",
        ),
        (
            "fit.seed: {kind: int, low: 0, high: 9}",
            "fit.seed",
            "it cannot be searched: the seed is not a hyperparameter. Remove it.",
        ),
        (
            "fit.epochs: {kind: int, low: 1, high: 9}",
            "fit.epochs",
            "it cannot be searched: all trials must have the same budget. Remove it.",
        ),
        (
            "fit.validation_rows: {kind: int, low: 1, high: 9}",
            "fit.validation_rows",
            "it cannot be searched: all trials must be scored on the same rows. Remove it.",
        ),
        (
            "model.units: 64",
            "model.units",
            "it must be a mapping with a `kind`: int, float, categorical.",
        ),
        (
            "model.units: {low: 1, high: 2}",
            "model.units.kind",
            "missing. Add it: int, float, categorical.",
        ),
        (
            "model.units: {kind: integer, low: 1, high: 2}",
            "model.units.kind",
            "unknown kind 'integer'; did you mean 'int'?",
        ),
        (
            "model.units: {kind: int, low: 1, hihg: 2}",
            "model.units.hihg",
            "unknown key; did you mean 'high'?",
        ),
        ("model.units: {kind: int, low: 1}", "model.units.high", "missing. Add it."),
        (
            "model.units: {kind: int, low: 1, high: 2.5}",
            "model.units.high",
            "Input should be a valid integer, got 2.5.",
        ),
        (
            "model.dropout: {kind: float, low: 0.1, high: x}",
            "model.dropout.high",
            "Input should be a valid number, got 'x'.",
        ),
        (
            "model.units: {kind: int, low: 1, high: 3, step: 0}",
            "model.units.step",
            "Input should be greater than 0, got 0.",
        ),
        (
            "model.units: {kind: int, low: 9, high: 2}",
            "model.units",
            "low must be below high, got 9 and 2.",
        ),
        (
            "model.dropout: {kind: float, low: 0, high: 0.5, log: true}",
            "model.dropout",
            "log needs a low above 0, got 0.0.",
        ),
        (
            "model.dropout: {kind: float, low: 0.1, high: 0.5, log: true, step: 0.1}",
            "model.dropout",
            "step and log exclude each other: leave one of them out.",
        ),
        (
            "model.kind: {kind: categorical, choices: [lstm]}",
            "model.kind",
            "two or more different choices are needed, got ['lstm'].",
        ),
        (
            "model.kind: {kind: categorical, choices: [lstm, [gru]]}",
            "model.kind",
            "a choice must be a number, a text, true, false or null, got ['gru'].",
        ),
        # limits that only the task knows
        (
            "model.dropout: {kind: float, low: 0.0, high: 1.0}",
            "model.dropout.high",
            "the task does not accept 1.0: Input should be less than 1, got 1.0.",
        ),
        (
            "model.units: {kind: int, low: 0, high: 64}",
            "model.units.low",
            "the task does not accept 0: Input should be greater than 0, got 0.",
        ),
        (
            "model.units: {kind: float, low: 8.0, high: 64.0}",
            "model.units.low",
            "the task does not accept 8.0: Input should be a valid integer, got 8.0.",
        ),
        (
            "model.kind: {kind: categorical, choices: [gru, rnn]}",
            "model.kind.choices",
            "the task does not accept 'rnn': Input should be 'lstm', 'gru' or 'feature_crf', got 'rnn'.",
        ),
        (
            "fit.decay.rate: {kind: float, low: 0.5, high: 1.5}",
            "fit.decay.rate.high",
            "the task does not accept 1.5: Input should be less than or equal to 1, got 1.5.",
        ),
    ],
)
def test_an_invalid_search_is_refused_with_its_key_and_line(searching, entry, key, message):
    params, line = searching(UNITS.replace("units", "filters"), entry)
    with pytest.raises(ConfigError) as refused:
        space_of(params, "ner")
    assert str(refused.value).startswith(f"params.yaml:{line + 1}: tasks.ner.search.{key}: {message}")


RATE = "fit.learning_rate: {kind: float, low: 0.001, high: 0.01, log: true, for_kinds: {gru: [0.002, 0.02]}}"


@pytest.mark.parametrize(
    ("entries", "kind", "low", "high"),
    [
        ((), "lstm", 0.001, 0.01),
        ((), "gru", 0.002, 0.02),
        (("model.kind: {kind: categorical, choices: [lstm, gru]}",), "lstm", 0.001, 0.02),
        (("model.kind: {kind: categorical, choices: [gru, feature_crf]}",), "lstm", 0.001, 0.02),
    ],
)
def test_a_range_is_that_of_the_kinds_that_a_study_may_train(searching, entries, kind, low, high):
    params, _ = searching(RATE, *entries)
    alone = params.with_values({"tasks.ner.model.kind": kind, "tasks.ner.model.mixture": "none"})
    rate = space_of(alone, "ner")["fit.learning_rate"]
    assert rate == Float("float", low, high, log=True)


@pytest.mark.parametrize(
    ("ends", "key", "message"),
    [
        ("{rnn: [0.002, 0.02]}", "for_kinds.rnn", "the task does not accept 'rnn': Input should be 'lstm',"),
        ("{gru: [0.02, 0.002]}", "", "low must be below high, got 0.02 and 0.002"),
        ("{gru: [0, 0.002]}", "", "log needs a low above 0, got 0.0"),
    ],
)
def test_a_range_of_a_kind_that_is_none_is_refused(searching, ends, key, message):
    params, _ = searching(RATE.replace("{gru: [0.002, 0.02]}", ends))
    with pytest.raises(ConfigError) as refused:
        space_of(params, "ner")
    assert f"tasks.ner.search.fit.learning_rate.{key}".rstrip(".") in str(refused.value)
    assert message in str(refused.value)


@pytest.mark.parametrize("end", [".inf", "2020-01-01"])
def test_a_value_that_json_cannot_represent_is_refused_with_its_section(searching, end):
    params, line = searching(f"model.dropout: {{kind: float, low: 0.1, high: {end}}}")
    with pytest.raises(ConfigError, match=rf"^params\.yaml:{line - 1}: tasks\.ner\.search: .*JSON"):
        space_of(params, "ner")


def test_the_line_is_that_of_the_wrong_part(searching):
    params, line = searching(UNITS, "model.dropout:", "  kind: float", "  low: 0.0", "  high: 1.0")
    with pytest.raises(
        ConfigError, match=rf"^params\.yaml:{line + 4}: tasks\.ner\.search\.model\.dropout\.high:"
    ):
        space_of(params, "ner")


@pytest.mark.parametrize("entries", [(), ("{}",)])
def test_an_empty_search_is_refused(searching, entries):
    params, line = searching(*entries)
    with pytest.raises(ConfigError) as refused:
        space_of(params, "ner")
    message = f"nothing to search. Add keys and ranges, such as `{UNITS}`."
    assert str(refused.value) == f"params.yaml:{line - 1}: tasks.ner.search: {message}"


def test_a_task_without_a_search_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(re.sub(r"    search:\n(      .*\n)+\n(?=  translation)", "", text), "utf-8")
    line = text[: text.index("  ner:")].count("\n") + 1
    with pytest.raises(ConfigError, match=rf"^params\.yaml:{line}: tasks\.ner\.search: nothing to search\."):
        space_of(Params.load(path), "ner")


def test_the_tuning_section_is_loaded():
    assert PARAMS.tuning == TuningSettings(
        trials=40,
        sampler="tpe",
        startup_trials=10,
        pruner="hyperband",
        seed=0,
        finalists=3,
        finalist_seeds=3,
        holdout=0.5,
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "sampler: tpe ",
            "sampler: tpa ",
            r"tuning\.sampler: Input should be 'tpe' or 'random', got 'tpa'; did you mean 'tpe'\?$",
        ),
        ("  trials: 40 ", "  trials: 0 ", r"tuning\.trials: Input should be greater than 0, got 0\."),
        (
            "  holdout: 0.5 ",
            "  holdout: 1.0 ",
            r"tuning\.holdout: Input should be less than 1, got 1\.0\.",
        ),
        ("  trials: 40 ", "  trails: 40 ", r"tuning\.trails: unknown key; did you mean 'trials'\?$"),
    ],
)
def test_a_wrong_tuning_section_names_its_key_and_line(tmp_path, text, old, new, message):
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ConfigError, match=rf"^params\.yaml:{line}: {message}"):
        _ = Params.load(path).tuning


def test_the_drift_section_is_loaded():
    assert PARAMS.drift == DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  psi: 0.2 ", "  psy: 0.2 ", r"drift\.psy: unknown key; did you mean 'psi'\?"),
        ("  psi: 0.2 ", "  psi: high ", r"drift\.psi: Input should be a valid number, got 'high'\."),
        ("  alpha: 0.01 ", "  alpha: 1.0 ", r"drift\.alpha: Input should be less than 1, got 1\.0\."),
        (
            "  min_rows: 30 ",
            "  min_rows: 1 ",
            r"drift\.min_rows: Input should be greater than or equal to 2, got 1\.",
        ),
        (
            "  min_rows: 30 ",
            "  min_rows: 1.5 ",
            r"drift\.min_rows: Input should be a valid integer, got 1\.5\.",
        ),
    ],
)
def test_a_wrong_drift_section_names_its_key_and_line(tmp_path, text, old, new, message):
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ConfigError, match=rf"^params\.yaml:{line}: {message}"):
        _ = Params.load(path).drift


def test_values_are_changed_in_a_copy():
    changed = PARAMS.with_values({"tasks.ner.model.units": 7, "tasks.ner.fit.decay.kind": "plateau"})
    assert changed.task("ner").values()["model.units"] == 7
    assert changed.task("ner").fit_config.decay.kind == "plateau"
    assert PARAMS.task("ner").values()["model.units"] == 64
    assert PARAMS.content["tasks"]["ner"]["fit"]["decay"]["kind"] == "cosine"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("tasks.ner.model.unitz", r"tasks\.ner\.model\.unitz: unknown key; did you mean 'units'\?"),
        ("tasks.nre.model.units", r"tasks\.nre: unknown key; did you mean 'ner'\?"),
        ("task.ner", r"task: unknown key; did you mean 'tasks'\?"),
        ("tasks.ner.model.units.more", r"tasks\.ner\.model\.units\.more: unknown key\."),
    ],
)
def test_a_value_for_an_unknown_key_is_refused(key, message):
    with pytest.raises(ConfigError, match=message):
        PARAMS.with_values({key: 1})
    with pytest.raises(ConfigError, match=message):
        edited(PARAMS, {key: 1})


def test_a_value_is_checked_when_its_section_is_loaded():
    with pytest.raises(ConfigError, match=r"tasks\.ner\.fit\.epochs: Input should be greater than 0, got 0"):
        PARAMS.with_values({"tasks.ner.fit.epochs": 0}).task("ner")


@pytest.mark.parametrize(
    "text",
    ["a: \x1c\n", "a: " + "[" * 5_000, "a: 0000-00-00\n", "a: " + "9" * 5_000, "a: 1\na: " + "x" * 5_000],
    ids=["character", "depth", "date", "digits", "twice"],
)
@pytest.mark.parametrize("read", [Params.load, read_catalog])
def test_a_file_that_breaks_the_yaml_parser_is_refused_with_a_short_message(tmp_path, text, read):
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(SeqopsError, match=r"^mine\.yaml") as raised:
        read(path)
    assert len(str(raised.value)) < 500


def test_a_long_value_is_abbreviated():
    wrong = PARAMS.with_values({"tasks.ner.model.units": "x" * 5_000})
    with pytest.raises(ConfigError, match=r"tasks\.ner\.model\.units: .*got 'xxx.*…") as raised:
        wrong.task("ner").network()
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    "address", ["https://ann:hush@h.invalid/a.csv", "https://h.invalid/a.csv?access_token=hush"]
)
def test_a_secret_in_a_source_is_refused_before_dvc_copies_it(address):
    params = PARAMS.with_values({f"tasks.{PARAMS.names[0]}.source": ["mine.csv", address]})
    with pytest.raises(
        ConfigError, match=r"params\.yaml:\d+: tasks\.\w+\.source: .*dvc\.lock.*netrc"
    ) as raised:
        params.task(PARAMS.names[0])
    assert "hush" not in str(raised.value)
    named = address.replace("hush", "$TOKEN")
    assert (
        PARAMS.with_values({f"tasks.{PARAMS.names[0]}.source": named}).task(PARAMS.names[0]).source == named
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"train": "a"}, r"params\.yaml:\d+: tasks\.ner\.source: no files for test\. Name files for train"),
        ({"train": "a", "test": []}, r"tasks\.ner\.source: no files for test"),
        ({"training": "a", "test": "b"}, r"tasks\.ner\.source\.training"),
        (3, r"tasks\.ner\.source.*got 3"),
    ],
)
def test_files_of_splits_need_train_and_test(source, message):
    with pytest.raises(ConfigError, match=message):
        PARAMS.with_values({"tasks.ner.source": source}).task("ner")


def test_a_task_that_draws_its_own_splits_takes_no_files_of_splits():
    params = PARAMS.with_values({"tasks.forecast.source": {"train": "a", "test": "b"}})
    with pytest.raises(ConfigError, match=r"tasks\.forecast\.source: names the files of splits, which"):
        params.task("forecast")


def test_a_fit_in_stages_cannot_be_repeated():
    staged = {"refit": True, "stages": [{"epochs": 1, "learning_rate": 0.01}]}
    fit = {**PARAMS.content["tasks"]["forecast"]["fit"], **staged}
    with pytest.raises(ConfigError, match=r"tasks.forecast.fit.refit: a fit in stages cannot be repeated"):
        PARAMS.with_values({"tasks.forecast.fit": fit}).task("forecast")


def test_an_unknown_section_is_refused_with_its_line(tmp_path):
    text = (ROOT / "params.yaml").read_text("utf-8") + "\nevalution:\n  seed: 0\n"
    (tmp_path / "params.yaml").write_text(text, "utf-8")
    line = text.splitlines().index("evalution:") + 1
    with pytest.raises(ConfigError, match=rf"params\.yaml:{line}: evalution: unknown key.*'evaluation'"):
        Params.load(tmp_path / "params.yaml")
