"""Languages told by their script: how they are joined, cut and scored."""

from __future__ import annotations

import pytest

from seqops.preprocessing import scripts
from seqops.preprocessing.scripts import are_characters, bleu_tokenizer, is_unspaced


@pytest.mark.parametrize(
    ("text", "tokenizer"),
    [
        ("Veo la casa.", "13a"),
        ("Вижу дом. 汤姆", "13a"),
        ("汤姆画地图。2008", "zh"),
        ("彼は東京に行きました。", "char"),
        ("ฉันเห็นบ้าน", "char"),
        ("나는 집을 본다.", "13a"),
        ("", "13a"),
    ],
)
def test_the_tokenizer_follows_the_script(text: str, tokenizer: str) -> None:
    assert bleu_tokenizer(text) == tokenizer


@pytest.mark.parametrize(("text", "tokenizer"), [("彼は行く", "ja-mecab"), ("나는 집을 본다.", "ko-mecab")])
def test_mecab_is_used_where_it_is_installed(monkeypatch, text: str, tokenizer: str) -> None:
    monkeypatch.setattr(scripts, "_has", lambda module: True)
    assert bleu_tokenizer(text) == tokenizer


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["李", "明", "在", "看", "NBA"], True),
        (["李明", "在", "北京"], True),
        (["I", "see", "a", "b"], False),
        (["a", "b", "c"], False),
        (["a", "b", " ", "c"], True),
        (["한", "빛", "은"], True),
        (["한빛", "은", "본다"], False),
        ([], False),
    ],
)
def test_characters_and_words_without_spaces_are_unspaced(tokens: list[str], expected: bool) -> None:
    assert is_unspaced([tokens]) == expected


def test_nine_of_ten_tokens_of_one_character_are_characters() -> None:
    assert are_characters([["a"] * 9, ["NBA"]])
    assert not are_characters([["a"] * 8, ["NBA"]])
