"""A request is limited by the pixels of its pictures, which are read from their headers."""

import base64
import io

import pytest
from PIL import Image

from seqops.core.errors import DataError
from seqops.tasks.images.serving import PictureLimits

LIMITS = PictureLimits(items=4, pixels=100)
NO_PICTURE = "bm8gcGljdHVyZQ=="


def picture(height, width):
    """Encode a black picture, without the pixels that its header announces."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    content = file.getvalue()
    return base64.b64encode(content[: content.index(b"IDAT") + 4]).decode("ascii")


def test_pictures_of_more_pixels_are_refused_undecoded():
    LIMITS.check([picture(5, 10), picture(10, 5), NO_PICTURE])
    with pytest.raises(DataError, match="the pictures of the request have 101 pixels, more than 100"):
        LIMITS.check([picture(5, 10), picture(10, 5), picture(1, 1)])


def test_pictures_are_divided_in_order_by_their_pixels_and_their_number():
    inputs = [picture(*size) for size in [(5, 10), (10, 5), (1, 1), (20, 10), (1, 1), (1, 2), (1, 3), (1, 4)]]
    found = list(LIMITS.batches([*inputs, NO_PICTURE]))
    assert found == [inputs[:2], inputs[2:3], inputs[3:4], inputs[4:8], [NO_PICTURE]]
    assert "Its pictures have at most 100 pixels together." in LIMITS.summary()
