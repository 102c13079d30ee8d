"""BLEU and chrF, by hand and against sacreBLEU."""

import numpy as np
import pandas as pd
import pytest
from pairs import task
from sacrebleu.metrics import BLEU, CHRF

from seqops.metrics.translation import bleu, chrf
from seqops.tasks.translation.data.encoding import split_words
from seqops.tasks.translation.metrics import Metrics
from seqops.tasks.translation.model.detokenize import joined

HYPOTHESES = ["La casa es muy roja.", "No tengo tiempo para eso.", "Sí.", "Ella canta bien en el coro"]
REFERENCES = [
    ["La casa es roja.", "Es muy roja la casa."],
    ["No tengo tiempo para esto."],
    ["Sí.", "Claro.", "Sí, claro."],
    ["Ella canta bien en el coro."],
]


def _streams() -> list[list[str | None]]:
    count = max(len(row) for row in REFERENCES)
    return [[row[i] if i < len(row) else None for row in REFERENCES] for i in range(count)]


@pytest.mark.parametrize(("score", "metric"), [(bleu, BLEU()), (chrf, CHRF())])
def test_the_corpus_score_equals_that_of_sacrebleu(score, metric) -> None:
    found = score(HYPOTHESES, REFERENCES)
    assert found.point() == pytest.approx(metric.corpus_score(HYPOTHESES, _streams()).score, abs=1e-9)
    assert "nrefs:var" in found.signature


@pytest.mark.parametrize(("score", "metric"), [(bleu, BLEU(effective_order=True)), (chrf, CHRF())])
def test_sentence_scores_equal_those_of_sacrebleu(score, metric) -> None:
    expected = [
        metric.sentence_score(hypothesis, references).score
        for hypothesis, references in zip(HYPOTHESES, REFERENCES, strict=True)
    ]
    np.testing.assert_allclose(score(HYPOTHESES, REFERENCES).each(), expected, atol=1e-9)


@pytest.mark.parametrize("score", [bleu, chrf])
def test_a_sentence_with_itself_scores_100(score) -> None:
    assert score(["Hoy llueve mucho en casa."], [["Hoy llueve mucho en casa."]]).point() == pytest.approx(100)


@pytest.mark.parametrize("score", [bleu, chrf])
def test_the_order_of_references_is_irrelevant(score) -> None:
    reversed_ = [row[::-1] for row in REFERENCES]
    assert score(HYPOTHESES, reversed_).point() == score(HYPOTHESES, REFERENCES).point()


def test_bleu_by_hand() -> None:
    # matches 4 of 5, 3 of 4, 2 of 3, 1 of 2; both have five tokens, so there is no brevity penalty
    expected = 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert bleu(["a b c d x"], [["a b c d e"]]).point() == pytest.approx(expected)


def test_a_short_hypothesis_has_a_brevity_penalty() -> None:
    assert bleu(["a b c d"], [["a b c d e f"]]).point() == pytest.approx(100 * np.exp(1 - 6 / 4))


def test_without_a_match_the_score_is_0() -> None:
    assert bleu(["x y z w"], [["a b c d"]]).point() == 0
    assert bleu([""], [["a b c d"]]).point() == 0
    assert chrf(["xyzw"], [["abcd"]]).point() == pytest.approx(0, abs=1e-9)


def test_chinese_is_scored_by_its_characters() -> None:
    """With 13a tokens each sentence is one token, so that BLEU counts whole sentences that are right."""
    hypotheses, references = ["汤姆画地图。"], [["汤姆画了地图。"]]
    assert bleu(hypotheses, references).point() == 0
    found = bleu(hypotheses, references, "zh")
    assert found.point() == pytest.approx(BLEU(tokenize="zh").corpus_score(hypotheses, [references[0]]).score)
    assert found.point() > 40
    assert "tok:zh" in found.signature


def test_the_script_of_the_training_targets_chooses_the_tokenizer() -> None:
    data = task()
    sources = [f"Tom draws map {i}." for i in range(60)]
    targets = [f"汤姆画地图{i}。" for i in range(60)]
    table = pd.DataFrame({"line": range(1, 61), "source": sources, "target": targets})
    splits, meta = data.split_and_encode(table)
    references = splits["test"].ragged("references").texts()
    predicted = pd.DataFrame({"hypothesis": [text.replace("地图", "图") for text in references]})
    score = next(s for s in Metrics(data).score(predicted, splits["test"], meta) if s.name == "bleu")
    assert "tok:zh" in score.signature
    assert 0 < score.point() < 100
    assert "bleu_tokenizer" not in data.split_and_encode(table.assign(target=sources))[1]


def test_words_of_chinese_are_its_characters() -> None:
    assert split_words("汤姆 likes 地图。") == ["汤", "姆", "likes", "地", "图", "。"]
    assert joined(["汤", "姆", "画", "地", "图", "。"]) == "汤姆画地图。"
    assert joined(["veo", "la", "casa", "."]) == "Veo la casa."
