"""Vectors of Kiwi's morphemes: their inner products, clusters, and morphemes without a vector."""

import numpy as np
import pytest

from seqops.core.errors import SeqopsError
from seqops.preprocessing.korean import kiwi
from seqops.preprocessing.morpheme_vectors import MorphemeVectors, fit_vectors, number_morphemes

CITIES = ["서울", "부산", "대구", "광주", "대전", "울산", "수원", "전주"]
FOODS = ["밥", "국", "김치", "빵", "고기", "국수", "두부", "떡"]


@pytest.fixture(scope="module")
def meta():
    return fit_vectors(nouns(CITIES, "NNP") + nouns(FOODS))


def nouns(forms, tag="NNG"):
    return number_morphemes(forms, [tag] * len(forms))


def test_inner_products_are_the_similarities_that_kiwi_tells(meta):
    forms = [*CITIES, *FOODS, "학교", "대통령"]
    numbers = np.array(nouns(forms))
    vectors = MorphemeVectors.from_meta(meta).of(numbers)
    told = [[kiwi().morpheme_similarity(a - 1, b - 1) for a in numbers.tolist()] for b in numbers.tolist()]
    np.testing.assert_allclose(vectors @ vectors.T, told, atol=1e-4)


def test_a_morpheme_that_no_training_text_has_is_in_the_cluster_of_its_like(meta):
    vectors = MorphemeVectors.from_meta(meta)
    cities, foods = (vectors.clusters(np.array(numbers)) for numbers in (nouns(CITIES, "NNP"), nouns(FOODS)))
    assert len(set(cities)) == len(set(foods)) == 1
    assert {*cities, *foods} == {1, 2}
    assert vectors.clusters(np.array(nouns(["인천"], "NNP") + nouns(["찌개"]))) == [cities[0], foods[0]]


def test_a_form_without_a_vector_is_number_0_with_zeros_for_a_vector(meta):
    numbers = np.array([nouns(["뭬뭬뭬", "서울"], "NNP")])
    assert numbers[0, 0] == 0
    vectors = MorphemeVectors.from_meta(meta).of(numbers)
    assert vectors.shape == (1, 2, 256)
    assert not vectors[0, 0].any()
    assert np.linalg.norm(vectors[0, 1]) == pytest.approx(1, abs=1e-3)
    assert MorphemeVectors.from_meta(meta).clusters(numbers[0])[0] == 0


def test_a_form_is_found_under_another_tag_and_a_final_consonant_as_corpora_write_it():
    assert nouns(["서울"], "MAG") == nouns(["서울"], "NNP")
    assert number_morphemes(["ㄴ"], ["ETM"]) == number_morphemes(["\u3134"], ["ETM"]) != [0]


def test_training_texts_without_any_known_morpheme_have_one_cluster():
    found = MorphemeVectors.from_meta(fit_vectors([0, 0]))
    assert found.clusters(np.array([0, *nouns(["서울"])])) == [0, 1]


def test_vectors_of_another_release_of_kiwi_are_refused(meta):
    with pytest.raises(SeqopsError, match=r"kiwipiepy_model 0\.0\.1.*Install kiwipiepy_model==0\.0\.1"):
        MorphemeVectors.from_meta({**meta, "kiwi": "0.0.1"})


def test_two_fits_give_the_same_meta(meta):
    assert fit_vectors(nouns(FOODS) + nouns(CITIES, "NNP")) == meta
