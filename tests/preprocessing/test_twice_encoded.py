"""Texts that were encoded twice are found, and no others."""

import subprocess

import pytest

from seqops.core.errors import DataError
from seqops.preprocessing.text_file import decode, read_text
from seqops.preprocessing.twice_encoded import twice_encoded

TEXTS = [
    "Ein Fluß.\nGröße und Übermut – „Maß“\n",
    "plain\nLe café est fermé, à demain\n",
    "Привет, мир\n",
    "한국어 문장\n",
    "日本語の文章",
    "Το καφενείο είναι κλειστό\n",
]


def once_more(text, encoding):
    """Read the bytes of a text in an encoding, as browsers do."""
    return "".join(bytes([b]).decode(encoding, "ignore") or chr(b) for b in text.encode())


@pytest.mark.parametrize("encoding", ["windows-1252", "windows-1251"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_encoded_twice_is_found_and_the_text_itself_is_not(text, encoding):
    assert twice_encoded(text) is None
    assert twice_encoded(once_more(text, encoding)) is not None


def test_capitals_before_a_closing_quotation_mark_are_no_sign_of_it():
    assert "É»".encode("windows-1252").decode() == "ɻ"
    assert twice_encoded("« PUBLIÉ» à Paris, en été. « FERMÉ» après midi, où l'été dure\n" * 3) is None


def test_a_single_character_does_not_show_it():
    assert twice_encoded("a cafÃ©") is None


def test_the_error_names_the_line_what_it_was_and_a_remedy_that_works(tmp_path):
    path = tmp_path / "a.txt"
    text = "plain\nLe café est fermé, à demain\n"
    path.write_text(once_more(text, "windows-1252"), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_text(path)
    found = str(caught.value)
    assert "a.txt:2: 'Ã©' was 'é': UTF-8 was read as windows-1252 and encoded once more" in found
    command = ["iconv", "-f", "utf-8", "-t", "windows-1252", str(path)]
    assert " ".join([*command[:5], "FILE > REPAIRED"]) in found
    repaired = subprocess.run(command, capture_output=True, check=True).stdout
    assert repaired.decode() == text


def test_the_error_names_the_member_of_an_archive(tmp_path):
    content = once_more(TEXTS[0], "windows-1252").encode()
    with pytest.raises(DataError, match=r"a\.zip: in b\.txt, line 1, 'ÃŸ' was 'ß'"):
        decode(tmp_path / "a.zip", content, member="b.txt")
