"""The pretrained encoder: word pieces, adapters through a fit, and a model that needs no store."""

import dataclasses
import functools
import json
import shutil

import numpy as np
import pytest
from sentiment_task import PARAMS, ROOT, table, task

import tiny_bert
from seqops.core.adapter import Adapter
from seqops.core.errors import ConfigError, DataError
from seqops.core.settings import Decay
from seqops.preprocessing.pretrained_weights import CONFIG, TOKENIZER, WeightsStore
from seqops.tasks.sentiment.metrics import Metrics
from seqops.tasks.sentiment.model.network import Network
from seqops.training.loop import train

NETWORK = Network("encoder", "none", 8, 6, 1, 0.1, 0.0, False, False, "concat")
TEXTS = [
    f"{first} {mood} {last}"
    for last in ("film", "films")
    for mood in ("good", "bad", "dull", "fine")
    for first in ("a", "the", "not", "a a", "the the")
]


def stored(state):
    config = {name: np.frombuffer(text.encode(), np.uint8) for name, text in _texts().items()}
    return WeightsStore.of_state(state).add("tiny", {**tiny_bert.arrays(), **config}, {})


def _texts():
    return {CONFIG: json.dumps(tiny_bert.CONFIG), TOKENIZER: tiny_bert.tokenizer()}


def set_up(folder, patch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, folder / name)
    patch.setenv("SEQOPS_ROOT", str(folder))
    patch.delenv("SEQOPS_STATE", raising=False)
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    return set_up(tmp_path, monkeypatch)


def encoded(max_length=8):
    data = task(pretrained="tiny", max_length=max_length, min_count=1, test=0.3, validation=0.3)
    labels = ["positive" if "good" in text or "fine" in text else "negative" for text in TEXTS]
    rows = table(TEXTS, labels)
    split = np.array((["train", "train", "validation", "test"] * len(rows))[: len(rows)])
    meta = data.fit_encoding(rows, split)
    return data, data.encode(rows, split, meta), meta


def test_texts_are_read_as_word_pieces_within_the_special_ones(project):
    sha256 = stored(project / ".state")
    data, splits, meta = encoded(max_length=6)
    assert meta["pretrained"]["sha256"] == sha256
    texts = ["Good films<br />dull", "a a a a a a a"]
    pieces = data.encoder(meta).encode(texts).ragged("pieces")
    rows = [pieces.padded()[row][: pieces.lengths[row]].tolist() for row in range(2)]
    assert rows == [[2, 4, 6, 7, 11, 3], [2, 8, 8, 8, 8, 3]]
    assert NETWORK.lengths(splits["train"]).max() == 6


def test_without_weights_the_error_says_what_to_do(project):
    with pytest.raises(
        DataError, match=r"weights 'tiny' are not here\. Download them: `seqops weights tiny`"
    ):
        encoded()
    stored(project / ".state")
    with pytest.raises(
        ConfigError, match=r"data\.max_length is 400, but tiny reads texts of 3 to 16 word pieces"
    ):
        encoded(max_length=400)
    with pytest.raises(
        ConfigError, match=r"model\.kind encoder needs pretrained weights\. Set data\.pretrained"
    ):
        task().check_model({"kind": "encoder"})


def fit(kind, checkpoint=None, epochs=3):
    data, splits, meta = encoded()
    config = dataclasses.replace(
        PARAMS.task("sentiment").fit_config,
        epochs=epochs,
        batch_size=4,
        warmup_steps=0,
        decay=Decay("none", 1.0),  # so that a shorter fit begins as a longer one
        adapter=Adapter(kind, 2, 4.0),
    )
    return train(NETWORK, Metrics(data), splits, meta, config, checkpoint), splits, meta


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """Return a function that fits each kind of adapter once, in a project with the base."""
    folder = tmp_path_factory.mktemp("fits")
    with pytest.MonkeyPatch.context() as patch:
        stored(set_up(folder, patch) / ".state")

    @functools.cache
    def fit_once(kind):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEQOPS_ROOT", str(folder))
            patch.delenv("SEQOPS_STATE", raising=False)
            return fit(kind)

    return fit_once


def arrays_of(model, part):
    return {v.path: v.numpy() for v in model.get_layer(part).weights}


def test_lora_moves_queries_and_values_alone_and_the_rest_is_the_base(project, fits):
    stored(project / ".state")
    fitted, _, meta = fits("lora")
    assert fitted.best_epoch.trained
    base = NETWORK.build(meta)
    NETWORK.load_pretrained(base, meta)
    before, after = arrays_of(base, "encoder"), arrays_of(fitted.model, "encoder")
    moved = {path.split("/")[-2] for path in before if not np.array_equal(before[path], after[path])}
    assert moved == {"query", "value"}
    assert sum(not np.array_equal(before[path], after[path]) for path in before) == 4  # kernels of two layers


@pytest.mark.parametrize("kind", ["none", "lora", "qlora", "dora"])
def test_a_trained_model_is_loaded_without_the_store(project, fits, kind):
    fitted, splits, meta = fits(kind)
    NETWORK.save(fitted.model, project / "model.weights.h5")
    assert not (project / ".state").exists()
    loaded = NETWORK.load(project / "model.weights.h5", meta)
    expected = NETWORK.predict(fitted.model, splits["test"], meta)
    assert NETWORK.predict(loaded, splits["test"], meta).equals(expected)


def test_a_resumed_fit_ends_with_equal_weights(project, fits):
    stored(project / ".state")
    whole, _, _ = fits("dora")
    fit("dora", project / "half.npz", epochs=1)
    resumed, _, _ = fit("dora", project / "half.npz")
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
