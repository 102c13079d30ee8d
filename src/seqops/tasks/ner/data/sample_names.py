"""Names of people, places and organisations, dates and times for the sample, and parts of invented names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Random = np.random.Generator


def _words(text: str) -> list[str]:
    return text.split()


SURNAMES = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허남심"
GIVEN = "가건경규나다도동라명민범보상서석선성세소수승시연영예용우원유윤은인재정제종주준지진찬창채태하해현호희"
NOUNS = _words("하늘 보람 가을 이슬 소리 나라 바다 기쁨 아름 슬기 다솜 노을 미르 새봄 한별")
"""Common nouns that are also given names."""
CITIES = _words(
    "서울 부산 대구 인천 광주 대전 울산 수원 성남 안양 부천 평택 용인 파주 이천 김포 춘천 "
    "원주 강릉 동해 속초 삼척 청주 충주 제천 천안 공주 보령 아산 서산 전주 군산 익산 정읍 "
    "남원 목포 여수 순천 나주 광양 포항 경주 김천 안동 구미 영주 상주 문경 경산 창원 진주 "
    "통영 사천 김해 밀양 거제 양산 제주 서귀포"
)
COUNTRIES = _words(
    "일본 중국 미국 영국 독일 프랑스 이탈리아 스페인 캐나다 호주 베트남 태국 인도 브라질 멕시코"
)
MOUNTAINS = _words("한라산 지리산 설악산 북한산 태백산 소백산 오대산 계룡산 한강 낙동강 금강 영산강 섬진강")
ROOTS = "가강고금남내누다대덕도두로리마명미백벽북사산상서석성송신안양연온용우운월은장중진청태평풍한해화효"
TRADES = _words("전자 건설 제약 은행 식품 물산 화학 중공업 증권 항공 제지 통신 생명 해운 자동차")
OFFICES = _words("시청 소방서 경찰서 대학교 지방법원 상공회의소 교육청 세무서 박물관 문화원 교통공사 시의회")
MINISTRIES = _words(
    "국회 기상청 통계청 국세청 관세청 특허청 한국은행 교육부 환경부 국토부 산림청 조달청 감사원"
)
GOODS = _words(
    "냉장고 세탁기 자전거 시계 안경 책상 의자 신발 가방 우산 연필 공책 빵 과자 우유 커피 "
    "전화기 스마트폰 카메라 텔레비전 배터리 타이어 유리 종이 비누 치약 화장품 그릇 칼 옷"
)
SEASONS = _words("봄 여름 가을 겨울")
DAYS = _words("월요일 화요일 수요일 목요일 금요일 토요일 일요일")


def pick(random: Random, choices: Sequence[str]) -> str:
    """Draw one choice uniformly."""
    return choices[int(random.integers(len(choices)))]


def person(random: Random) -> str:
    """Compose a surname and a given name; one in five is a common noun, some of these without surname."""
    if random.random() < 0.2:
        given = pick(random, NOUNS)
        return given if random.random() < 0.4 else pick(random, SURNAMES) + given
    return pick(random, SURNAMES) + pick(random, GIVEN) + pick(random, GIVEN)


def location(random: Random) -> str:
    """Draw a known place, or compose a fictitious one."""
    made = pick(random, ROOTS) + pick(random, ROOTS)
    return pick(
        random,
        [
            pick(random, CITIES),
            pick(random, CITIES),
            pick(random, COUNTRIES),
            pick(random, MOUNTAINS),
            made + pick(random, ["동", "읍", "면", "리", "군"]),
            f"{pick(random, CITIES)}시 {made}동",
            f"{pick(random, CITIES)}{pick(random, ['항', '역', '공항'])}",
        ],
    )


def organisation(random: Random) -> str:
    """Compose a company or a public office; some offices have a place in their name."""
    made = pick(random, ROOTS) + pick(random, ROOTS)
    return pick(
        random,
        [
            made + pick(random, TRADES),
            made + pick(random, TRADES),
            pick(random, CITIES) + pick(random, OFFICES),
            f"{pick(random, CITIES)} {pick(random, OFFICES)}",
            pick(random, MINISTRIES),
            f"{made}그룹",
        ],
    )


def date(random: Random) -> str:
    """Generate a date, exact or vague."""
    year, month, day = (int(random.integers(*span)) for span in ((1950, 2025), (1, 13), (1, 29)))
    return pick(
        random,
        [
            f"{year}년 {month}월 {day}일",
            f"{month}월 {day}일",
            f"{year}년",
            f"{year}년 {pick(random, SEASONS)}",
            f"지난 {day}일",
            f"오는 {month}월",
            pick(random, ["오늘", "어제", "지난해", "올해", "내년", "지난달"]),
            f"지난주 {pick(random, DAYS)}",
            f"{year // 10 * 10}년대",
        ],
    )


def time(random: Random) -> str:
    """Generate a time of day."""
    hour, minute = int(random.integers(1, 13)), int(random.integers(1, 12)) * 5
    part = pick(random, ["오전", "오후", "새벽", "밤", "저녁"])
    return pick(random, [f"{part} {hour}시", f"{part} {hour}시 {minute}분", f"{hour}시 {minute}분", part])


def count(random: Random) -> str:
    """Generate a number that is not part of an entity."""
    return str(int(random.integers(2, 60)))


SLOTS: dict[str, tuple[Callable[[Random], str], str]] = {
    "PS": (person, "PS"),
    "LC": (location, "LC"),
    "OG": (organisation, "OG"),
    "DT": (date, "DT"),
    "TI": (time, "TI"),
    "TEAM": (lambda random: pick(random, CITIES), "OG"),
    "CITY": (lambda random: pick(random, CITIES), "LC"),
    "N": (count, ""),
    "NOUN": (lambda random: pick(random, NOUNS), ""),
    "TRADE": (lambda random: pick(random, TRADES), ""),
    "GOODS": (lambda random: pick(random, GOODS), ""),
    "SEASON": (lambda random: pick(random, SEASONS), ""),
}
"""Generator of each slot of a template and its entity type; a city is a team in sports, a place elsewhere."""
