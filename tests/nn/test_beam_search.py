"""Beam search against exhaustive search over a tiny language, and against greedy search."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.beam_search import Symbols, beam_search, greedy, penalty

PAD, START, END = 0, 1, 2
SYMBOLS = Symbols(PAD, START, END)
VOCABULARY, MAX_LENGTH = 5, 4


def _language(rows: int, seed: int) -> np.ndarray:
    """Log-probabilities of the next token by row and last token: (B, V, V); PAD and START have none."""
    logits = np.random.default_rng(seed).normal(size=(rows, VOCABULARY, VOCABULARY)).astype("float32") * 2
    logits[:, :, [PAD, START]] = -1e9
    return np.asarray(tf.nn.log_softmax(logits))


def _step(language: np.ndarray):
    """The state is the row number, so that mixing up rows or parents would be noticed."""

    def step(last, state):
        return tf.gather_nd(tf.constant(language), tf.stack([state["row"], last], 1)), state

    return step


def _state(rows: int) -> dict[str, tf.Tensor]:
    return {"row": tf.range(rows)}


def _all_sentences(table: np.ndarray, max_length: int, alpha: float) -> list[tuple[float, tuple[int, ...]]]:
    """Every sentence that ends within `max_length` tokens, or is truncated there: best first."""
    words = [t for t in range(VOCABULARY) if t not in (PAD, START, END)]
    sentences = [
        (*body, END) for n in range(max_length) for body in itertools.product(words, repeat=n)
    ] + list(itertools.product(words, repeat=max_length))
    scored = []
    for sentence in sentences:
        logp = sum(table[a, b] for a, b in zip((START, *sentence), sentence, strict=False))
        scored.append((logp / ((5 + len(sentence)) / 6) ** alpha, sentence))
    return sorted(scored, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
def test_a_wide_beam_agrees_with_exhaustive_search(alpha: float) -> None:
    language = _language(3, seed=0)
    width = 40  # more than the 31 possible sentences, so none is pruned
    found = beam_search(_step(language), _state(3), SYMBOLS, tf.fill([3], MAX_LENGTH), width, alpha)
    for row in range(3):
        expected = _all_sentences(language[row], MAX_LENGTH, alpha)
        assert len(expected) < width
        scores = found.scores[row, : len(expected)].numpy()
        np.testing.assert_allclose(scores, [score for score, _ in expected], atol=1e-5)
        # sentences of equal score may swap by rounding, so each is looked up by its tokens
        by_tokens = {sentence: score for score, sentence in expected}
        for rank in range(len(expected)):
            tokens = tuple(int(t) for t in found.tokens[row, rank] if t != PAD)
            assert by_tokens.pop(tokens) == pytest.approx(scores[rank], abs=1e-5)
        assert not by_tokens


def test_a_beam_of_one_is_greedy_search() -> None:
    language = _language(8, seed=1)
    one = beam_search(_step(language), _state(8), SYMBOLS, tf.fill([8], 6), 1, 1.0).tokens[:, 0]
    np.testing.assert_array_equal(greedy(_step(language), _state(8), SYMBOLS, tf.fill([8], 6)), one)


def test_greedy_search_takes_the_most_probable_token_and_pads_after_the_end() -> None:
    table = np.full((1, VOCABULARY, VOCABULARY), -10.0, "float32")
    table[0, START, 3] = table[0, 3, 4] = table[0, 4, END] = 0.0
    found = greedy(_step(table), _state(1), SYMBOLS, tf.fill([1], 6))
    assert found.numpy().tolist() == [[3, 4, END, PAD, PAD, PAD]]


def test_a_beam_finds_the_sentence_that_greedy_search_misses() -> None:
    table = np.full((1, VOCABULARY, VOCABULARY), -1e9, "float32")
    table[0, START, 3], table[0, START, 4] = np.log(0.6), np.log(0.4)
    table[0, 3, 3], table[0, 3, END] = np.log(0.5), np.log(0.5)
    table[0, 4, END] = 0.0
    assert greedy(_step(table), _state(1), SYMBOLS, tf.fill([1], 2))[0, 0] == 3
    best = beam_search(_step(table), _state(1), SYMBOLS, tf.fill([1], 2), 2, 0.0)
    assert best.tokens[0, 0].numpy().tolist() == [4, END]
    assert float(best.scores[0, 0]) == pytest.approx(np.log(0.4))


def test_the_length_penalty_by_hand() -> None:
    assert float(penalty(tf.constant(1), 1.0)) == 1.0
    assert float(penalty(tf.constant(7), 1.0)) == 2.0
    assert float(penalty(tf.constant(7), 0.0)) == 1.0


def test_rows_do_not_affect_each_other() -> None:
    language = _language(4, seed=2)
    together = beam_search(_step(language), _state(4), SYMBOLS, tf.fill([4], 5), 3, 0.6)
    alone = beam_search(_step(language[2:3]), _state(1), SYMBOLS, tf.fill([1], 5), 3, 0.6)
    np.testing.assert_array_equal(together.tokens[2], alone.tokens[0])
    np.testing.assert_allclose(together.scores[2], alone.scores[0], rtol=1e-6)


def test_each_row_stops_at_its_own_length_limit() -> None:
    never_ends = np.log(np.full((2, VOCABULARY, VOCABULARY), 0.01, np.float32))
    never_ends[:, :, 3] = np.log(0.9)
    limits = tf.constant([2, 4])
    best = beam_search(_step(never_ends), _state(2), SYMBOLS, limits, 2, 0.0).tokens[:, 0]
    assert best.numpy().tolist() == [[3, 3, SYMBOLS.pad, SYMBOLS.pad], [3, 3, 3, 3]]
    np.testing.assert_array_equal(greedy(_step(never_ends), _state(2), SYMBOLS, limits), best)


def test_the_search_runs_in_a_graph_with_unknown_sizes() -> None:
    language = _language(3, seed=3)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def search(rows):
        return beam_search(_step(language), {"row": rows}, SYMBOLS, tf.fill([tf.size(rows)], 5), 2, 1.0)

    eager = beam_search(_step(language), _state(3), SYMBOLS, tf.fill([3], 5), 2, 1.0)
    np.testing.assert_array_equal(search(tf.range(3)).tokens, eager.tokens)
