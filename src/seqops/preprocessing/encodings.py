"""Encodings of text, as the bytes show them; what could as well be another one is not named.

GB 2312, KS X 1001 and JIS X 0208 all put their characters at the bytes A1 to FE, so that a text in one of
them decodes in the others. What tells them apart is where their frequent characters are: Hangul syllables
between B0 and C8, kana at A4 and A5, and common Chinese characters, in the order of Pinyin, up to D7.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

Encoding = Literal[
    "utf-8", "utf-16", "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254",
    "windows-1255", "windows-1256", "windows-1257", "windows-1258", "iso-8859-1", "iso-8859-2", "iso-8859-15",
    "koi8-r", "koi8-u", "cp866", "cp949", "euc-kr", "gb18030", "gbk", "gb2312", "big5", "cp932", "shift_jis",
    "euc-jp", "iso-2022-jp",
]  # fmt: skip
"""The encodings that a text may be in."""

UTF16 = (b"\xff\xfe", b"\xfe\xff")
JIS_ESCAPE = re.compile(rb"\x1b\$[@B]")
PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
MIXED = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
SAMPLE = 1 << 20
"""Bytes that are looked at, up to the end of a line."""
DISTINCT = 16
"""Number of different characters from which a text shows its encoding."""
LETTERS, FREQUENT, SHARE, MARGIN = 40, "оеаинтсрвл", 0.55, 0.15
"""Cyrillic letters from which a text shows its encoding; the most frequent ones, and their share."""
GREEK = "αοιετσνηυρ"
"""The most frequent letters of Greek, which windows-1253 has where KOI8-R has frequent ones of Cyrillic."""
NEAR_CYRILLIC = {"windows-1253", "windows-1255"}
"""Encodings of letters that a few lines may show as Cyrillic ones."""
WESTERN = frozenset(
    "àáâãäåæçèéêëìíîïñòóôõöøùúûüÿœßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŸŒ«»‹›“”„‘’‚–—…•€£¢§°ºª·¿¡²³©®™½¼¾×÷±µ¨´\xa0"
)
INSIDE_WORD = re.compile(r"[^\W\d_][²³¹¿¡£¢§°ºª©®™½¼¾×÷±µ¨€][^\W\d_]")
SUPERSETS = {
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "koi8-u": "koi8-r",
}
"""Encodings that `likely_encoding` does not name, but one with the same bytes for nearly all characters."""


def likely_encoding(content: bytes) -> str:
    """Name the encoding of a text that is not only ASCII, if it shows; else return an empty text.

    One of utf-16, utf-8, iso-2022-jp, windows-1251, koi8-r, cp949, gb18030, cp932, euc-jp and big5.
    """
    if content.startswith(UTF16):
        return "utf-16"
    if content.isascii():
        return "iso-2022-jp" if JIS_ESCAPE.search(content) else ""
    if _decodes(content, "utf-8"):
        return "utf-8"
    sample = content if len(content) <= SAMPLE else content[: content.rfind(b"\n", 0, SAMPLE) + 1]
    return _cyrillic(sample) or _east_asian(sample)


def is_utf8(text: str) -> bool:
    """Return whether a text can be written as UTF-8: not with an unpaired surrogate, as JSON, a command line
    and names of files can have.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_western(content: bytes) -> bool:
    """Return whether a text may be in windows-1252: of Western Europe, with signs outside words."""
    try:
        text = content.decode("windows-1252")
    except UnicodeDecodeError:
        return False
    beyond = set(text) - set(map(chr, range(128)))
    mixed = len(MIXED.findall(content)) >= 0.5 * len(re.findall(rb"[\xc0-\xff]+", content))
    return beyond <= WESTERN and mixed and not INSIDE_WORD.search(text)


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _cyrillic(sample: bytes) -> str:
    """Tell windows-1251 from KOI8-R by the frequent letters."""
    high = len(re.findall(rb"[\x80-\xff]", sample))
    if len(MIXED.findall(sample)) > 0.1 * high:
        return ""
    shares = {}
    for encoding in ("windows-1251", "koi8-r"):
        letters = re.findall("[\u0400-\u04ff]", sample.decode(encoding, "ignore").lower())
        if len(letters) < max(LETTERS, 0.9 * high):
            return ""
        shares[encoding] = _share(letters, FREQUENT)
    low, best = sorted(shares, key=lambda encoding: shares[encoding])
    enough = max(SHARE, shares[low] + MARGIN, _greek(sample))
    return best if shares[best] >= enough else ""


def _greek(sample: bytes) -> float:
    """Return the share of frequent letters among those of a Greek text, accents aside."""
    text = unicodedata.normalize("NFD", sample.decode("windows-1253", "ignore").lower())
    return _share(re.findall("[\u03b1-\u03c9]", text), GREEK)


def _share(letters: Sequence[str], frequent: str) -> float:
    return sum(letter in frequent for letter in letters) / max(len(letters), 1)


def _east_asian(sample: bytes) -> str:
    pairs = PAIR.findall(sample)
    if len(set(pairs)) < DISTINCT:
        return ""
    kana = [p for p in pairs if b"\x82\x9f" <= p <= b"\x82\xf1" or b"\x83\x40" <= p <= b"\x83\x96"]
    if len(kana) >= 0.2 * len(pairs) and len(set(kana)) >= 5 and _decodes(sample, "cp932"):
        return "cp932"
    low = [p for p in pairs if p[1] < 0xA1]
    if len(low) <= 0.1 * len(pairs):
        return _extended_unix_code(sample, pairs)
    common = [p for p in pairs if 0xA4 <= p[0] <= 0xC6]
    if len(common) >= 0.8 * len(pairs) and len(low) <= 0.65 * len(pairs) and _decodes(sample, "big5"):
        return "big5"
    return ""


def _extended_unix_code(sample: bytes, pairs: list[bytes]) -> str:
    """Tell Japanese, Korean and Chinese apart, whose pairs have both bytes from A1."""
    hiragana = [p for p in pairs if p[0] == 0xA4]
    # as Korean, those would be letters that are no longer in use
    late = [p for p in hiragana if p[1] >= 0xD4]
    kana = [p for p in pairs if p[0] in (0xA4, 0xA5)]
    if len(kana) >= 0.2 * len(pairs) and len(late) >= 0.1 * len(hiragana) > 0 and _decodes(sample, "euc-jp"):
        return "euc-jp"
    body = [p for p in pairs if p[0] >= 0xB0]
    syllables = sum(p[0] <= 0xC8 for p in body)
    if len(set(body)) < DISTINCT:
        return ""
    if not late and syllables >= 0.95 * len(body) and _decodes(sample, "cp949"):
        return "cp949"
    last, rare = sum(0xD0 <= p[0] <= 0xD7 for p in body), sum(p[0] >= 0xD8 for p in body)
    if last >= 0.15 * len(body) and rare <= 0.1 * len(body) and _decodes(sample, "gb18030"):
        return "gb18030"
    return ""
