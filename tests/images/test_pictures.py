"""Decoding: what is no picture, or an unusual one."""

import io
import struct
import zlib

import numpy as np
import pytest
from pictures_task import grey, png
from PIL import Image

from seqops.tasks.images.data.pictures import Picture, PictureError, encode


def decoded(content, channels=1):
    picture = Picture.decode(content)
    return picture.pixels(*picture.size, channels)[..., 0 if channels == 1 else slice(None)].tolist()


def test_a_text_is_no_picture():
    with pytest.raises(PictureError, match=r"^not a picture$"):
        Picture.decode(b"this is a text")


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize(
    ("side", "message"),
    [
        (20_000, "a picture of far more pixels than the 50,000,000 that are decoded"),
        (8_000, "a picture of 8,000 x 8,000 pixels, more than the 50,000,000 that are decoded"),
    ],
)
def test_a_bomb_is_refused_by_its_header(side, message):
    """The pixels are missing: they are never read."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")
    with pytest.raises(PictureError, match=message):
        Picture.decode(bomb)


def test_a_truncated_file_is_damaged():
    content = png(Image.effect_noise((64, 64), 50))
    with pytest.raises(PictureError, match="a damaged picture"):
        Picture.decode(content[: len(content) // 2])


def test_cmyk_and_a_palette_become_rgb():
    cmyk = png(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF")
    assert decoded(cmyk, 3)[0][0] == [255, 0, 0]
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert decoded(png(palette), 3)[3][3] == [10, 20, 30]


def test_sixteen_bits_become_eight():
    wide = Image.fromarray(np.array([[0, 257], [257 * 128, 65535]], np.uint16))
    assert decoded(png(wide)) == [[0, 1], [128, 255]]


def test_transparent_parts_become_white():
    clear = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    clear.putpixel((1, 0), (10, 20, 30, 255))
    assert decoded(png(clear), 3) == [[[255, 255, 255], [10, 20, 30]]]


def test_a_picture_is_turned_as_its_exif_orientation_says():
    image = Image.new("L", (3, 1))
    image.putdata([0, 100, 200])
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    assert decoded(png(image, exif=exif)) == [[0], [100], [200]]


def test_equal_pictures_of_two_formats_have_one_hash():
    first = Image.effect_noise((9, 7), 50)
    hashes = {Picture.decode(png(first, kind)).content_hash() for kind in ("PNG", "BMP", "TIFF")}
    assert len(hashes) == 1
    assert Picture.decode(grey(3)).content_hash() not in hashes


def test_pixels_survive_encoding():
    for channels in (1, 3):
        pixels = np.arange(4 * 5 * channels, dtype=np.uint8).reshape(4, 5, channels)
        assert (Picture.decode(encode(pixels)).pixels(4, 5, channels) == pixels).all()


def test_a_jpeg_of_many_scans_is_refused_undecoded():
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "JPEG", progressive=True)
    content = file.getvalue()
    assert Picture.decode(content).size == (8, 8)
    scan = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureError, match=r"^a JPEG of 1\d\d scans, more than the 50 that are decoded$"):
        Picture.decode(content[:-2] + 100 * scan + content[-2:])


def test_a_tile_larger_than_its_picture_is_a_bomb():
    # size, bits, no compression, black is 0; then size, place and bytes of the tile
    tags = {256: 16, 257: 16, 258: 8, 259: 1, 262: 1, 322: 40_000, 323: 40_000, 324: 8, 325: 0}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    content = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    with pytest.raises(PictureError, match=r"^a picture of 40,000 x 40,000 pixels, more than"):
        Picture.decode(content)
