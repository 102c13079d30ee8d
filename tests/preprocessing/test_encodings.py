"""Encodings that a text shows are named; a text too short to show its encoding is not guessed."""

from __future__ import annotations

from typing import get_args

import pytest

from seqops.core.errors import DataError
from seqops.inspection.files import InputFile
from seqops.preprocessing.encodings import SUPERSETS, Encoding, is_western, likely_encoding

SIMPLIFIED = "花园里的小猫在树下睡觉，昨天晚上我们去饭馆吃饭，那里的菜又便宜又好吃。"
TRADITIONAL = "花園裡的小貓在樹下睡覺，昨天晚上我們去飯館吃飯，那裡的菜又便宜又好吃。"
JAPANESE = "庭の猫は木の下で眠っています。料理は安くておいしく、店員も親切でした。"
KOREAN = "마당의 고양이가 나무 아래에서 잠을 잔다. 음식이 싸고 맛있었고 종업원도 친절했다. ㅋㅋ"
RUSSIAN = "Кошка спит под деревом в саду. Вчера вечером мы ужинали в ресторане."
FRENCH = "Le garçon a dîné à l\u2019ombre de l\u2019arbre; où êtes-vous? Ça coûte 12 €."
GERMAN = "Grüße, Ärger, «Été» 5 °C, große Äpfel für übermorgen, \u201eschön\u201c"
POLISH = "Żółta gęś śpi pod drzewem, a był już późny wieczór."
GREEK = (
    "Χθες το βράδυ φάγαμε σε ένα μικρό εστιατόριο κοντά στη θάλασσα. Το φαγητό ήταν πολύ καλό και οι τιμές "
    "λογικές, αλλά έπρεπε να περιμένουμε σχεδόν μία ώρα μέχρι να έρθει ο σερβιτόρος στο τραπέζι μας."
)

CASES = [
    (SIMPLIFIED, "gb2312", "gb18030"),
    (SIMPLIFIED, "gb18030", "gb18030"),
    (TRADITIONAL, "big5", "big5"),
    (JAPANESE, "shift_jis", "cp932"),
    (JAPANESE, "euc-jp", "euc-jp"),
    (JAPANESE, "iso-2022-jp", "iso-2022-jp"),
    (KOREAN, "cp949", "cp949"),
    (KOREAN, "euc-kr", "cp949"),
    (RUSSIAN, "koi8-r", "koi8-r"),
    (RUSSIAN, "windows-1251", "windows-1251"),
    (RUSSIAN.upper(), "koi8-r", "koi8-r"),
    (RUSSIAN.upper(), "windows-1251", "windows-1251"),
]


@pytest.mark.parametrize(("text", "encoding", "named"), CASES)
def test_an_encoding_that_shows_is_named(text: str, encoding: str, named: str) -> None:
    assert likely_encoding(text.encode(encoding)) == named
    assert likely_encoding(f"id,text\n1,{text}\n".encode(encoding)) == named
    assert likely_encoding(text.encode("utf-16")) == "utf-16"
    assert likely_encoding(text.encode()) == "utf-8"


def test_no_part_of_a_greek_text_is_taken_for_a_cyrillic_one() -> None:
    for length in range(20, len(GREEK), 3):
        assert likely_encoding(GREEK[:length].encode("windows-1253")) == ""


@pytest.mark.parametrize(("text", "encoding", "named"), CASES)
def test_no_part_of_a_text_is_taken_for_another_encoding(text: str, encoding: str, named: str) -> None:
    # the bytes of four characters may by chance be UTF-8, too
    for length in range(5, len(text)):
        found = {likely_encoding(text[at : at + length].encode(encoding)) for at in range(len(text) - length)}
        assert found <= {named, ""}


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL, JAPANESE, KOREAN, RUSSIAN])
@pytest.mark.parametrize("encoding", ["gb18030", "big5", "cp932", "euc-jp", "cp949", "koi8-r", "cp866"])
def test_text_of_other_languages_is_not_western(text: str, encoding: str) -> None:
    content = text.encode(encoding, "ignore")
    assert content.isascii() or not is_western(content)


@pytest.mark.parametrize(
    ("text", "western"), [(FRENCH, True), (GERMAN, True), (POLISH, False), (GREEK, False)]
)
def test_letters_of_western_europe_show(text: str, western: bool) -> None:
    encoding = {POLISH: "windows-1250", GREEK: "windows-1253"}.get(text, "windows-1252")
    assert is_western(text.encode(encoding)) is western
    assert likely_encoding(text.encode(encoding)) == ""


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_every_allowed_encoding_is_known_to_python(encoding: str) -> None:
    assert "plain".encode(encoding).decode(encoding) == "plain"
    assert SUPERSETS.get(encoding, encoding) in get_args(Encoding)


def test_a_file_of_an_encoding_that_does_not_show_is_not_guessed(tmp_path) -> None:
    (tmp_path / "a.txt").write_bytes(b"ok\n" + GREEK.encode("windows-1253"))
    with pytest.raises(
        DataError, match=r"a\.txt:2: byte 0x\w\w is not UTF-8, and the encoding does not show"
    ):
        InputFile.open(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_bytes(FRENCH.encode("windows-1252"))
    assert InputFile.open(tmp_path / "b.txt").encoding == "windows-1252"
    (tmp_path / "c.txt").write_bytes(JAPANESE.encode("euc-jp"))
    assert InputFile.open(tmp_path / "c.txt").text == JAPANESE
