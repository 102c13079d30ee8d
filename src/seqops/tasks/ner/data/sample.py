"""Generated news sentences in the KLP format, from templates; most names are new in every sentence."""

from __future__ import annotations

import re

import numpy as np

from seqops.preprocessing.iob2 import spans_to_iob2
from seqops.preprocessing.korean import Morpheme, morphemes
from seqops.tasks.ner.data.alignment import MARK, marked_spans, token_spans
from seqops.tasks.ner.data.sample_names import SLOTS, Random, pick

OPENINGS = [
    "", "", "", "", "한편 ", "이에 따라 ", "그러나 ", "{DT} ", "{DT} {TI} ", "{OG}에 따르면 ", "{LC}에서는 ",
    "비가 그친 뒤 ", "{N}년 만에 ", "{DT}에 이어 ", "{TI}부터 ",
]  # fmt: skip
CLAUSES = [
    "{PS} 대표~은 {LC}에서 새 공장을 열었다.",
    "{PS}~은 {OG}에 입사해 {N}년 동안 일했다.",
    "{OG}~은 {DT} {LC}에 지점 {N}곳을 냈다.",
    "{OG}~이 {TRADE} 부문 직원 {N}명을 뽑는다.",
    "{PS} {OG} 사장과 {PS} 이사~이 {LC}~으로 떠났다.",
    "{TEAM}~은 {TEAM}~을 {N}대 {N}~으로 꺾었다.",
    "{TEAM}~이 {CITY}에서 열린 경기에서 {N}연승을 달렸다.",
    "{CITY}~은 흐리고 {CITY}~은 맑겠다.",
    "{CITY}~과 {CITY}에 비가 {N}밀리미터 내렸다.",
    "{TEAM} 공격수 {PS}~이 {TI} 결승 골을 넣었다.",
    "{PS} 감독~은 {TEAM}~과 {N}년 계약을 맺었다.",
    "{PS}~은 {DT} {LC}에서 태어났다.",
    "{LC} 주민 {N}명이 {OG} 앞에 모였다.",
    "회의는 {DT} {TI} {OG}에서 열린다.",
    "{OG}~은 {TI} 현재 {LC} 일대의 통행을 막고 있다.",
    "{LC}에서 {LC}까지 버스로 {N}시간이 걸린다.",
    "{PS} 씨~이 쓴 소설 ‘{NOUN}’~이 {DT} 나왔다.",
    "{NOUN}~이 맑은 {SEASON}이면 {LC}~을 찾는 사람이 {N}배로 는다.",
    "{PS}~은 {NOUN}~을 노래했고 {PS}~은 {NOUN}~을 그렸다.",
    "{OG} 노조~은 {DT}까지 파업을 이어 간다.",
    "{OG}~과 {OG}~은 {DT} 합병을 마쳤다.",
    "{PS} {OG} 교수~은 물가가 {N}% 오른다고 보았다.",
    "{LC}~을 떠난 열차는 {TI} {LC}에 닿았다.",
    "{DT}부터 {DT}까지 {CITY}에서 축제가 열린다.",
    "{OG} 관계자~은 “{SEASON}에는 {LC} 방문객이 준다”고 말했다.",
    "{TRADE} 업계에서는 {OG}~을 첫손에 꼽는다.",
    "{TI} {LC} 앞바다에서 어선 {N}척이 멈췄다.",
    "{PS}~은 {PS}~을 {N}표 차로 이겼다.",
    "{LC} 출신인 {PS}~은 {DT} {OG}~으로 옮겼다.",
    "{OG}~이 {CITY} 본사를 {LC}~으로 옮기는 계획을 {DT} 발표했다.",
    "{OG}~이 {DT} {LC}에서 {GOODS}~을 선보였다.",
    "{OG}~은 {GOODS}~과 {GOODS}~을 {LC}에 내다 판다.",
    "{PS}~은 {LC} 가게에서 {GOODS} {N}개를 샀다.",
    "{GOODS}~을 만드는 {OG}~은 {DT} {LC}~으로 공장을 옮겼다.",
    "{NOUN} {PS} 선수와 {TEAM}~이 다시 만났다.",
    "{TEAM}~은 {DT} {CITY} 원정에서 {N}점을 얻는 데 그쳤다.",
]
PARTICLES = {
    "은": ("은", "는"), "이": ("이", "가"), "을": ("을", "를"), "과": ("과", "와"), "으로": ("으로", "로"),
}  # fmt: skip
"""Forms of a particle after a consonant and after a vowel."""


def corpus(sentences: int, seed: int) -> bytes:
    """Generate sentences, split into morphemes by Kiwi; the same bytes for the same seed."""
    random = np.random.default_rng(seed)
    annotated = [_sentence(random) for _ in range(sentences)]
    texts = [MARK.sub(r"\1", line) for line in annotated]
    rows = zip(texts, annotated, morphemes(texts), strict=True)
    return "\n".join(_block(*row) for row in rows).encode("utf-8")


def _sentence(random: Random) -> str:
    """Fill a template, with entities as `<surface:TYPE>`."""
    template = pick(random, OPENINGS) + pick(random, CLAUSES)
    filled = re.sub(r"\{(\w+)\}", lambda slot: _fill(slot[1], random), template)
    return re.sub(r"(.)((?::[A-Z]+>)?[’”]?)~(은|이|을|과|으로)", _inflected, filled)


def _fill(slot: str, random: Random) -> str:
    make, kind = SLOTS[slot]
    return f"<{make(random)}:{kind}>" if kind else make(random)


def _inflected(match: re.Match[str]) -> str:
    last, between, particle = match.groups()
    after_consonant, after_vowel = PARTICLES[particle]
    final = _final(last)
    closed = final > 0 and not (particle == "으로" and final == L)
    return last + between + (after_consonant if closed else after_vowel)


L = 8  # index of ㄹ among the final consonants
DIGITS = {"0": 21, "1": L, "3": 16, "6": 1, "7": L, "8": L}
"""Final consonant of each digit when read aloud: 영, 일, 삼, 육, 칠, 팔."""


def _final(character: str) -> int:
    """Return the index of a syllable's final consonant, 0 for none (Unicode 3.12)."""
    if "가" <= character <= "힣":
        return (ord(character) - 0xAC00) % 28
    return DIGITS.get(character, 0)


def _block(text: str, annotated: str, found: list[Morpheme]) -> str:
    spans = token_spans(marked_spans(annotated, text) or [], [(m.start, m.end) for m in found])
    rows = [
        f"{text.count(' ', 0, m.start) + 1}\t{m.form}\t{m.tag}\t{_klp(tag)}\n"
        for m, tag in zip(found, spans_to_iob2(spans, len(found)), strict=True)
    ]
    return f"; {text}\n${annotated}\n{''.join(rows)}"


def _klp(tag: str) -> str:
    return "I" if tag.startswith("I-") else tag.replace("-", "_")
