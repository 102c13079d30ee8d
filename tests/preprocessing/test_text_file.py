"""Text files in several encodings, compressed or not."""

from __future__ import annotations

import gzip

import pytest

from seqops.core.errors import DataError
from seqops.preprocessing.text_file import decode, read_text

KOREAN = "별로예요 음악 0번, 똠방각하 늦은 저녁에 마신 차\n"
JAPANESE = "庭の猫は木の下で眠っています。料理は安くておいしく、店員も親切でした。\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_a_text_is_decoded(tmp_path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(KOREAN.encode(encoding))
    assert read_text(tmp_path / "a.txt", encoding) == KOREAN
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(KOREAN.encode(encoding)))
    assert read_text(tmp_path / "a.txt.gz", encoding) == KOREAN


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (
            KOREAN.encode("cp949"),
            "windows-1252",
            r"a\.txt: the text is in cp949, not windows-1252\. Set",
        ),
        (KOREAN.encode("utf-16"), "windows-1252", r"a\.txt: the text is in utf-16, not windows-1252"),
        (KOREAN.encode(), "cp949", r"a\.txt: the text is in utf-8, not cp949"),
        (KOREAN.encode("cp949"), "utf-8", r"a\.txt:1: byte 0xba is not UTF-8; the text seems to be in cp949"),
        (
            KOREAN.encode("cp949"),
            "euc-kr",
            r"a\.txt:1: byte 0x\w\w is not EUC-KR; the text seems",
        ),
        (
            JAPANESE.encode("iso-2022-jp"),
            "utf-8",
            r"a\.txt: the text seems to be in iso-2022-jp, not in UTF-8",
        ),
        (
            JAPANESE.encode("euc-jp"),
            "cp949",
            r"a\.txt: the text is in euc-jp, not cp949\. Set data.encoding to",
        ),
        (b"plain", "utf-16", r"a\.txt: no byte order mark, so it is not UTF-16"),
    ],
)
def test_a_wrong_encoding_is_refused(tmp_path, content: bytes, encoding: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        decode(tmp_path / "a.txt", content, encoding)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xd0\xcf\x11\xe0", "Excel"),
        (b"PAR1", "Parquet"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x93NUMPY\x01", "NumPy"),
        (b"\x80\x04\x95", "pickle"),
        (b"BZh91AY&SY", "bzip2"),
        (b"7z\xbc\xaf\x27", "7z"),
    ],
)
def test_a_binary_table_is_named(tmp_path, start: bytes, kind: str) -> None:
    (tmp_path / "sales.xls").write_bytes(start + bytes(100))
    with pytest.raises(DataError, match=rf"sales\.xls: is an? .*{kind}.*, not text\. "):
        read_text(tmp_path / "sales.xls")
