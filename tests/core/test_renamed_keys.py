import pytest

from seqops.cli.params_upgrade import upgraded_params
from seqops.core.errors import ConfigError
from seqops.core.project import Project
from seqops.core.renamed_keys import ADDED, RENAMED, identity, renamed, with_new_keys
from seqops.params import Params
from seqops.tracking.mlflow_runs import run_params

PARAMS = Project.find().params


@pytest.mark.parametrize(("old", "new"), [("fewest", "min_chars"), ("tied", "tie_embeddings")])
def test_a_key_under_its_old_name_is_refused_with_the_new_one(tmp_path, old, new):
    lines = PARAMS.read_text("utf-8").split("\n")
    textgen = lines.index("  textgen:")
    number = next(i for i, line in enumerate(lines) if i > textgen and line.strip().startswith(f"{new}:"))
    lines[number] = lines[number].replace(new, old)
    path = tmp_path / "params.yaml"
    path.write_text("\n".join(lines), "utf-8")
    message = rf"params\.yaml:{number + 1}: tasks\.textgen\.\w+\.{old}: `{old}` is now `{new}`\."
    with pytest.raises(ConfigError, match=message):
        Params.load(path).task("textgen").network()


def test_one_old_name_has_different_new_names_in_different_sections():
    assert renamed("tasks.sentiment.data.fewest") == "tasks.sentiment.data.min_rows"
    assert renamed("tasks.textgen.data.fewest") == "tasks.textgen.data.min_chars"
    assert renamed("tasks.ner.search.model.word") == "tasks.ner.search.model.word_dim"
    assert renamed("tasks.ner.fit.stages.1.learns") == "tasks.ner.fit.stages.1.objective"


def test_a_key_of_an_unknown_task_is_not_renamed():
    assert renamed("tasks.chess.data.fewest") is None
    assert with_new_keys("chess", {"data.fewest": "3", "source": "sample"}) == {
        "data.fewest": "3",
        "source": "sample",
    }


def test_every_new_name_is_a_key_of_params_yaml():
    document = Params.load(PARAMS).content
    for old, new in RENAMED.items():
        *sections, _ = old.split(".")
        if "*" not in sections:
            section = document
            for part in sections:
                section = section[part]
            assert new in section, old


def test_params_recorded_under_old_keys_are_renamed():
    stages = "[{'learns': 'pretext', 'epochs': 2}, {'learns': 'goal', 'epochs': 3, 'discount': 1.3}]"
    found = with_new_keys("sentiment", {"data.longest": "400", "fit.stages": stages, "source": "imdb"})
    now = "[{'objective': 'pretext', 'epochs': 2}, {'objective': 'goal', 'epochs': 3, 'layer_lr_decay': 1.3}]"
    assert found == {"data.max_length": "400", "fit.stages": now, "source": "imdb"}
    assert with_new_keys("sentiment", found) == found


def test_a_run_without_an_added_key_is_that_of_its_neutral_value():
    recorded = {"source": "sine", "data.window": "20", "fit.epochs": "3"}
    today = {**recorded, "data.series": "", "data.short": "refuse", "fit.ema": "0.0", "fit.refit": "False"}
    assert identity("forecast", recorded) == identity("forecast", today) == recorded
    assert identity("forecast", {**today, "fit.ema": "0.99"}) == {**recorded, "fit.ema": "0.99"}
    assert identity("ner", {"data.short": "refuse"}) == {"data.short": "refuse"}


def test_every_added_key_is_neutral_in_an_upgraded_file(tmp_path):
    release = PARAMS.read_text("utf-8")
    added = {path.rpartition(".")[2] for path in ADDED}
    kept = [line for line in release.splitlines(keepends=True) if line.partition(":")[0].strip() not in added]
    (tmp_path / "params.yaml").write_text(upgraded_params("".join(kept), release), "utf-8")
    document = Params.load(tmp_path / "params.yaml")
    logged = {name: run_params(document.task(name)) for name in document.names}
    for path, neutral in ADDED.items():
        _, task, key = path.split(".", 2)
        sections = logged.values() if task == "*" else [logged[task]]
        values = {section[key] for section in sections if key in section}
        assert values == {neutral}, path
