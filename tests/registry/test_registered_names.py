"""A registered model is named after the kind of model and the data."""

import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from seqops.core.errors import ConfigError
from seqops.core.project import Project
from seqops.experiments.presets import Preset
from seqops.params import Params
from seqops.registry.names import name_from_data, registered_name
from seqops.sources.catalog import read_catalog

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")


@pytest.mark.parametrize("name", PARAMS.names)
def test_the_model_of_an_embedded_sample_says_so(name):
    task = PARAMS.task(name)
    assert registered_name(task) == f"{task.data.registered_name}-sample"


@pytest.mark.parametrize("name", read_catalog(ROOT / "data" / "catalog.yaml"))
def test_the_name_in_the_catalogue_is_kept(name):
    assert name_from_data("tagger", [name], []) == f"tagger-{name}"


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        (["own/Sales 2024 (final).csv"], "sales-2024-final"),
        (["~/매출_월별.csv.gz"], "매출-월별"),
        (["https://example.org/data/station%20counts.tsv?token=$T#a/b"], "station-counts"),
        (["C:/data/a.b.c.zip"], "a-b"),
        # a number says nothing
        (["sales/2024.csv"], "sales"),
        (["2024.csv"], "2024"),
        (["x/sales-2023.csv", "y/sales-2024.csv"], "sales"),
        (["europarl.es", "europarl.en"], "europarl"),
        (["conll2003/train.txt", "conll2003/test.txt"], "conll2003"),
        (["sales/2024-01.csv", "sales/2024-02.csv"], "sales"),
        (["a/north.csv", "b/south.csv"], "north"),
        (["m3-monthly", "m3-monthly-forecasts"], "m3-monthly"),
        # words in part are no words
        (["a/sales.csv", "b/salesmen.csv"], "sales"),
        (["a/salesmen.csv", "b/sales.csv"], "salesmen"),
        (["x" * 100], "x" * 80),
        (["???"], "data"),
        ([], "data"),
    ],
)
def test_a_file_gives_its_name_without_ending_and_several_what_they_share(sources, name):
    assert name_from_data("tagger", sources, []) == f"tagger-{name}"


def test_a_file_that_a_setting_names_does_not_count():
    assert name_from_data("f", ["reviews.csv", "own/glove.txt"], [True, 3, "glove.txt"]) == "f-reviews"
    assert name_from_data("f", ["glove.txt"], ["glove.txt"]) == "f-glove"


def with_section(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text("utf-8").replace("  ner:\n", f"  ner:\n{text}"), "utf-8")
    return Params.load(path)


def test_a_name_in_the_section_of_the_task_is_used_and_is_no_setting_of_a_run(tmp_path):
    task = with_section(tmp_path, "    registry: {name: Acme names v2}\n").task("ner")
    assert registered_name(task) == "Acme names v2"
    assert task.values() == PARAMS.task("ner").values()


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("{name: a/b}", "name"),
        ("{name: ''}", "name"),
        ('{name: "a\'b"}', "name"),
        ("{nam: a}", "nam"),
        ("{}", "name"),
    ],
)
def test_a_name_that_the_registry_does_not_accept_is_refused(tmp_path, section, key):
    with pytest.raises(ConfigError, match=rf"params\.yaml:\d+: tasks\.ner\.registry\.{key}: "):
        with_section(tmp_path, f"    registry: {section}\n").task("ner")


def test_a_preset_with_data_of_its_own_does_not_take_the_name_of_others(tmp_path):
    with_section(tmp_path, "    registry: {name: acme}\n")
    (tmp_path / "presets").mkdir()
    write = (tmp_path / "presets" / "mine.yaml").write_text
    write("tasks:\n  ner:\n    source: klp2016\n")
    preset = Preset.read(Project(tmp_path), "mine")
    assert registered_name(preset.task("ner")) == "ner-tagger-klp2016"
    assert preset.options() == ['tasks.ner.source="klp2016"', "~tasks.ner.registry"]
    shutil.copy(tmp_path / "params.yaml", tmp_path / "of-dvc.yaml")
    apply_overrides(str(tmp_path / "of-dvc.yaml"), preset.options())
    assert registered_name(Params.load(tmp_path / "of-dvc.yaml").task("ner")) == "ner-tagger-klp2016"
    write("tasks:\n  ner:\n    fit: {epochs: 2}\n")
    preset = Preset.read(Project(tmp_path), "mine")
    assert registered_name(preset.task("ner")) == "acme"
    assert preset.options() == ["tasks.ner.fit.epochs=2"]
    write("tasks:\n  ner:\n    source: klp2016\n    registry: {name: other}\n")
    preset = Preset.read(Project(tmp_path), "mine")
    assert registered_name(preset.task("ner")) == "other"
    assert YAML().load(preset.options()[1].partition("=")[2]) == "other"
