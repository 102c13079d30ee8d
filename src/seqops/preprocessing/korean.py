"""Korean morphemes with character offsets, from Kiwi."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
COMPATIBLE = {0x11A8 + place: letter for place, letter in enumerate(FINALS)}


class Morpheme(NamedTuple):
    """A morpheme, its Sejong tag, and the characters [start, end) of the text that it covers."""

    form: str
    tag: str
    start: int
    end: int


def nfc(text: str) -> str:
    """Normalise to Unicode NFC, in which Hangul syllables are composed, as in Kiwi and the corpora."""
    return unicodedata.normalize("NFC", text)


def plain_jamo(form: str) -> str:
    """Write an isolated final consonant as the corpora do: U+11AB as U+3134."""
    return nfc(form).translate(COMPATIBLE)


def morphemes(texts: Sequence[str]) -> Iterator[list[Morpheme]]:
    """Split NFC texts into morphemes; two share characters if a syllable contracts them."""
    for tokens in kiwi().tokenize(list(texts)):
        yield [Morpheme(plain_jamo(t.form), t.tag.split("-")[0], t.start, t.end) for t in tokens]


@functools.cache
def kiwi() -> Any:
    """Return the tokenizer, which is loaded once."""
    import kiwipiepy

    return kiwipiepy.Kiwi(num_workers=1)
