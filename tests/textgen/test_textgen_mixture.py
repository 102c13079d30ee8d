"""A network mixed with Kneser-Ney n-grams: the weight, the nats of both, and what they write together."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from texts import VERSE, network, task

from parts import endpoint_of, metrics_of
from seqops.core.callbacks import MIXTURE, NullCallback
from seqops.core.errors import ConfigError
from seqops.core.files import sha256_of
from seqops.core.settings import Decay
from seqops.tasks.textgen.model.character_model import CharacterModel
from seqops.tasks.textgen.model.kneser_ney import KneserNeyTables
from seqops.tasks.textgen.model.mixture import likeliest_weight, mixed_nats
from seqops.training.fit_model import fit_model
from seqops.tuning.session import ScoreRecorder
from toy import FIT_CONFIG

TEXT = VERSE * 12 + "the cat saw € and the € sat.\n" * 2 + VERSE * 6
MIXTURE_OF_BOTH = network(mixture="kneser_ney").configured()
NETWORK, NGRAMS = MIXTURE_OF_BOTH.network, MIXTURE_OF_BOTH.classical


def encoded(text=TEXT, **changed):
    made, lines = task(**changed), text.splitlines(keepends=True)
    return made, *made.split_and_encode(pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines}))


@pytest.fixture(scope="module")
def case():
    """Train for some steps with characters of which the network does not know one, but the n-grams do.

    Bigrams: longer n-grams know the verse by heart.
    """
    made, splits, meta = encoded(min_count=5)
    keras.utils.set_random_seed(0)
    model = NETWORK.build(meta, keras.optimizers.Adam(0.03))
    for _ in range(60):
        model.train_on_batch(*NETWORK.batch(splits["train"].take(np.arange(8)), meta))
    ngrams = CharacterModel.fit(TEXT, TEXT)
    counted = KneserNeyTables.count(ngrams.symbols(TEXT), 2, len(ngrams.characters))
    mixed = MIXTURE_OF_BOTH.mix(model, metrics_of(made), splits, meta)
    bigrams = replace(mixed, classical=replace(ngrams, tables=counted))
    weights = MIXTURE_OF_BOTH.choose_weights(bigrams, metrics_of(made), splits["validation"], meta)
    return made, splits, meta, replace(bigrams, weights=weights)


def weighted(model, weight):
    return replace(model, weights=np.array([weight]))


def test_the_weight_has_the_highest_likelihood():
    # the derivative 2 * 0.8 / (0.1 + 0.8 w) - 0.8 / (0.9 - 0.8 w) is 0 at w = 1.7 / 2.4
    ours, theirs = np.array([0.9, 0.9, 0.1]), np.array([0.1, 0.1, 0.9])
    assert likeliest_weight(ours, theirs) == pytest.approx(1.7 / 2.4, abs=1e-9)


def test_a_part_that_is_better_everywhere_takes_all_the_weight_and_n_grams_that_are_equal():
    better, worse = np.array([0.5, 0.9]), np.array([0.4, 0.8])
    assert likeliest_weight(better, worse) == 1.0
    assert likeliest_weight(worse, better) == 0.0
    assert likeliest_weight(worse, worse) == 0.0


def test_the_mean_is_of_probabilities():
    nats = mixed_nats(-np.log([0.5, 1.0]), -np.log([0.1, 0.2]), 0.25)
    assert np.exp(-nats).tolist() == pytest.approx([0.2, 0.4])


def test_at_weight_one_and_zero_it_predicts_as_one_part_exactly(case):
    _, splits, meta, model = case
    ours = NETWORK.predict(model.network, splits["test"], meta)
    theirs = NGRAMS.predict(model.classical, splits["test"], meta)
    assert MIXTURE_OF_BOTH.predict(weighted(model, 1.0), splits["test"], meta).equals(ours)
    assert MIXTURE_OF_BOTH.predict(weighted(model, 0.0), splits["test"], meta).equals(theirs)


def test_the_probabilities_of_all_characters_after_a_context_sum_to_one(case):
    made, splits, meta, model = case
    test, other = splits["test"].take(np.array([0])), "☂"  # in no training text
    context, total = test.ragged("context").texts()[0], 0.0
    for character in {*model.classical.characters, other}:
        row = one_character(made, meta, context, character)
        nats = MIXTURE_OF_BOTH.predict(model, row, meta)["nats"][0]
        unknown = 0x110000 - 0x800 - len(model.classical.characters)
        total += np.exp(-nats) * (unknown if character == other else 1)
    # the network gives a little to padding
    assert 0.98 < total < 1.0 + 1e-6


def one_character(made, meta, context, character):
    """Return a passage of one character."""
    from seqops.tasks.textgen.data.tokenizer import tokenizer_from_meta
    from seqops.tasks.textgen.data.windows import held_out

    return held_out(context, character, tokenizer_from_meta(meta), 1, len(context), set())


def test_the_mixture_is_better_than_its_parts_on_the_text_that_chose_the_weight(case):
    _, splits, meta, model = case
    assert 0.0 < model.weights[0] < 1.0
    rows = splits["validation"]
    both, *parts = (
        predictor.predict(fitted, rows, meta)["nats"].sum()
        for predictor, fitted in (
            (MIXTURE_OF_BOTH, model),
            (NETWORK, model.network),
            (NGRAMS, model.classical),
        )
    )
    assert both < min(parts)


def test_a_network_that_knows_nothing_and_n_grams_of_shuffled_text_lose_the_weight(case):
    made, splits, meta, model = case
    metrics = metrics_of(made)
    untrained = MIXTURE_OF_BOTH.mix(NETWORK.build(meta), metrics, splits, meta)
    assert untrained.weights[0] < 0.01
    shuffled = "".join(np.random.default_rng(0).permutation(list(TEXT)))
    other, *of_shuffled = encoded(shuffled, min_count=5)
    noise = replace(model, classical=NGRAMS.fit(metrics_of(other), *of_shuffled))
    found = MIXTURE_OF_BOTH.choose_weights(noise, metrics, splits["validation"], meta)
    assert found[0] > 0.8 > model.weights[0]


def test_it_writes_as_one_part_at_weight_one_and_zero(case):
    made, _, meta, model = case
    requests = endpoint_of(made).parse(
        ['{"prompt": "the cat", "seed": 3, "length": 40}', '{"prompt": "", "temperature": 0}'], meta
    )
    ours = NETWORK.predict(model.network, requests, meta)
    theirs = NGRAMS.predict(model.classical, requests, meta)
    assert MIXTURE_OF_BOTH.predict(weighted(model, 0.0), requests, meta).equals(theirs)
    assert MIXTURE_OF_BOTH.predict(weighted(model, 1.0), requests, meta).equals(ours)
    assert ours["text"].tolist() != theirs["text"].tolist()


def test_it_writes_the_character_to_which_it_gives_the_highest_probability(case):
    made, _, meta, model = case
    for prompt in ("the c", "the dog s"):
        request = endpoint_of(made).parse([f'{{"prompt": "{prompt}", "temperature": 0, "length": 1}}'], meta)
        written = MIXTURE_OF_BOTH.predict(model, request, meta)["text"][0]
        nats = {
            character: MIXTURE_OF_BOTH.predict(model, one_character(made, meta, prompt, character), meta)
            for character in model.classical.characters
        }
        assert written == min(nats, key=lambda character: nats[character]["nats"][0])


def test_a_stream_writes_the_text_of_the_request_in_pieces(case):
    made, _, meta, model = case
    requests = endpoint_of(made).parse(['{"prompt": "the cat", "seed": 3, "length": 21}'] * 2, meta)
    pieces = list(MIXTURE_OF_BOTH.stream(model, requests, meta))
    assert [len(piece) for piece in pieces] == [8, 8, 5]
    assert MIXTURE_OF_BOTH.predict(model, requests, meta)["text"].tolist() == ["".join(pieces)] * 2


def test_a_transformer_is_mixed_too(case):
    made, splits, meta, _ = case
    mixture = network(kind="transformer", mixture="kneser_ney").configured()
    both = mixture.mix(mixture.network.build(meta), metrics_of(made), splits, meta)
    requests = endpoint_of(made).parse(['{"prompt": "the cat sat on", "length": 20}'], meta)
    alone = mixture.network.predict(both.network, requests, meta)
    assert mixture.predict(weighted(both, 1.0), requests, meta).equals(alone)


FIT = replace(
    FIT_CONFIG, epochs=2, learning_rate=0.03, decay=Decay("none", 1.0), patience=2, validation_rows=5
)


class Rows(NullCallback):
    def __init__(self):
        self.rows = []

    def on_epoch_end(self, row, seconds, tokens):
        self.rows.append(row)


def test_a_fit_trains_the_network_and_ends_with_the_score_of_the_mixture(tmp_path):
    made, splits, meta = encoded()
    callback, checkpoint = Rows(), tmp_path / "fit.npz"
    fitted = fit_model(MIXTURE_OF_BOTH, metrics_of(made), splits, meta, FIT, checkpoint, callback)
    *epochs, last = callback.rows
    assert [row.objective for row in callback.rows] == ["goal"] * 3 + [MIXTURE]
    assert fitted.epochs == epochs
    assert fitted.best_epoch.validation == last.validation < min(row.validation for row in epochs)
    assert fitted.best.point() == min(row.validation for row in epochs)
    recorder = ScoreRecorder(NullCallback(), lambda row: None)
    for row in callback.rows:
        recorder.on_epoch_end(row, 0.0, 0)
    assert recorder.best(higher_is_better=False) == last.validation
    resumed = fit_model(MIXTURE_OF_BOTH, metrics_of(made), splits, meta, FIT, checkpoint)
    one, two = tmp_path / "one.weights.h5", tmp_path / "two.weights.h5"
    MIXTURE_OF_BOTH.save(fitted.model, one)
    MIXTURE_OF_BOTH.save(resumed.model, two)
    assert sha256_of(one) == sha256_of(two)
    loaded = MIXTURE_OF_BOTH.load(one, meta)
    requests = endpoint_of(made).parse(["the cat"], meta)
    for rows in (splits["test"], requests):
        ours = MIXTURE_OF_BOTH.predict(fitted.model, rows, meta)
        assert MIXTURE_OF_BOTH.predict(loaded, rows, meta).equals(ours)


def test_the_ablations_are_its_parts(case):
    _, splits, meta, model = case
    found = {a.name: a for a in MIXTURE_OF_BOTH.ablations(model, splits, meta)}
    assert {a.part for a in found.values()} == {"the network", "the classical model"}
    ours = NETWORK.predict(model.network, splits["test"], meta)
    theirs = NGRAMS.predict(model.classical, splits["test"], meta)
    assert found["the network alone"].predicted.equals(ours)
    assert found["the classical model alone"].predicted.equals(theirs)


def test_what_a_mixture_cannot_do_is_refused():
    made, splits, meta = encoded(tokens="bpe")
    with pytest.raises(ConfigError, match=r"needs data\.tokens: character, got bpe"):
        fit_model(MIXTURE_OF_BOTH, metrics_of(made), splits, meta, FIT)
    with pytest.raises(ConfigError, match=r"needs data\.tokens: character"):
        made.check_model({"kind": "lstm", "mixture": "kneser_ney"})
    made.check_model({"kind": "lstm", "mixture": "none"})
    made, splits, meta = encoded()
    with pytest.raises(ConfigError, match=r"fit\.refit"):
        fit_model(MIXTURE_OF_BOTH, metrics_of(made), splits, meta, replace(FIT, refit=True))
    with pytest.raises(ValueError, match="not mixed with itself"):
        network(kind="kneser_ney", mixture="kneser_ney")
