"""Valid files damaged byte by byte and line by line; the same seed gives the same damage."""

import random

WORDS = [
    b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3", b"\xef\xbb\xbf", b"\xf0\x9f\x98\x80", b"\r", b"\r\n", b"\n\n",
    b"\t", b'"', b"'", b",", b";", b":", b"$", b"-", b"{", b"[", b"}", b"]", b"#", b"&a ", b"*a", b"!!int ",
    b"nan", b"-inf", b"1e999", b"-1", b"0", b"9" * 40, b"9" * 5000, b"1_0", b"0x10", b"\xd9\xa3", b"null",
    b"true", b"\xe2\x80\xa8", b"\x85", b"\x1c", b"\x0b", b"%s", b"../", b"0000-00-00", b"9999-12-31",
    b"\xcc\x81", b"\xc2\xa0",
]  # fmt: skip
LONG, DEEP = 100_000, 5_000


def mutated(content, seed):
    """Damage content one to four times."""
    rng = random.Random(seed)
    for _ in range(rng.choice((1, 1, 2, 4))):
        content = rng.choice(DAMAGES)(content, rng)
    return content


def _position(content, rng):
    return rng.randint(0, len(content))


def _span(content, rng):
    start = _position(content, rng)
    return start, min(len(content), start + rng.choice((1, 2, 8, 64, 512)))


def flip(content, rng):
    start, end = _span(content[:-1], rng)
    return content[:start] + bytes(b ^ (1 << rng.randrange(8)) for b in content[start:end]) + content[end:]


def put(content, rng):
    start = _position(content, rng)
    return content[:start] + rng.choice(WORDS) + content[start:]


def overwrite(content, rng):
    start, end = _span(content, rng)
    return content[:start] + rng.choice(WORDS) + content[end:]


def delete(content, rng):
    start, end = _span(content, rng)
    return content[:start] + content[end:]


def double(content, rng):
    start, end = _span(content, rng)
    return content[:end] + content[start:end] * rng.choice((1, 2, 50)) + content[end:]


def splice(content, rng):
    start, end = _span(content, rng)
    position = _position(content, rng)
    return content[:position] + content[start:end] + content[position:]


def truncate(content, rng):
    return content[: _position(content, rng)]


def noise(content, rng):
    start = _position(content, rng)
    return content[:start] + rng.randbytes(rng.choice((1, 4, 200))) + content[start:]


def stretch(content, rng):
    start = _position(content, rng)
    return content[:start] + rng.choice((b"a", b"7", b" ", b"\xea\xb0\x80")) * LONG + content[start:]


def nest(content, rng):
    start = _position(content, rng)
    return content[:start] + rng.choice((b"[", b"{", b'{"a":', b"- ", b"((")) * DEEP + content[start:]


def line(content, rng):
    """Remove a line, duplicate it, or move it."""
    lines = content.splitlines(keepends=True) or [b""]
    removed = lines.pop(rng.randrange(len(lines)))
    for _ in range(rng.randrange(3)):
        lines.insert(rng.randint(0, len(lines)), removed)
    return b"".join(lines)


def cell(content, rng):
    """Replace one cell of a separated line."""
    lines = content.splitlines(keepends=True) or [b""]
    row = rng.randrange(len(lines))
    separator = rng.choice((b"\t", b",", b" ", b": "))
    cells = lines[row].split(separator)
    cells[rng.randrange(len(cells))] = rng.choice(WORDS)
    return b"".join([*lines[:row], separator.join(cells), *lines[row + 1 :]])


def ends(content, rng):
    return content.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\n\0")))


def encode(content, rng):
    text = content.decode("utf-8", "replace")
    return rng.choice((text.encode("utf-16"), b"\xef\xbb\xbf" + content, text.encode("cp949", "replace")))


DAMAGES = [flip, put, overwrite, delete, double, splice, truncate, noise, line, cell, cell, put, overwrite]
DAMAGES += [stretch, nest, ends, encode]
