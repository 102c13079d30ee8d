"""Valid files made wrong, byte by byte and line by line: the same seed gives the same damage."""

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
    """Damage content once or a few times."""
    drawn = random.Random(seed)
    for _ in range(drawn.choice((1, 1, 2, 4))):
        content = drawn.choice(DAMAGES)(content, drawn)
    return content


def _place(content, drawn):
    return drawn.randint(0, len(content))


def _span(content, drawn):
    start = _place(content, drawn)
    return start, min(len(content), start + drawn.choice((1, 2, 8, 64, 512)))


def flip(content, drawn):
    start, end = _span(content[:-1], drawn)
    return content[:start] + bytes(b ^ (1 << drawn.randrange(8)) for b in content[start:end]) + content[end:]


def put(content, drawn):
    start = _place(content, drawn)
    return content[:start] + drawn.choice(WORDS) + content[start:]


def overwrite(content, drawn):
    start, end = _span(content, drawn)
    return content[:start] + drawn.choice(WORDS) + content[end:]


def delete(content, drawn):
    start, end = _span(content, drawn)
    return content[:start] + content[end:]


def double(content, drawn):
    start, end = _span(content, drawn)
    return content[:end] + content[start:end] * drawn.choice((1, 2, 50)) + content[end:]


def splice(content, drawn):
    start, end = _span(content, drawn)
    place = _place(content, drawn)
    return content[:place] + content[start:end] + content[place:]


def truncate(content, drawn):
    return content[: _place(content, drawn)]


def noise(content, drawn):
    start = _place(content, drawn)
    return content[:start] + drawn.randbytes(drawn.choice((1, 4, 200))) + content[start:]


def stretch(content, drawn):
    start = _place(content, drawn)
    return content[:start] + drawn.choice((b"a", b"7", b" ", b"\xea\xb0\x80")) * LONG + content[start:]


def nest(content, drawn):
    start = _place(content, drawn)
    return content[:start] + drawn.choice((b"[", b"{", b'{"a":', b"- ", b"((")) * DEEP + content[start:]


def line(content, drawn):
    """Take a line out, double it, or put it elsewhere."""
    lines = content.splitlines(keepends=True) or [b""]
    taken = lines.pop(drawn.randrange(len(lines)))
    for _ in range(drawn.randrange(3)):
        lines.insert(drawn.randint(0, len(lines)), taken)
    return b"".join(lines)


def cell(content, drawn):
    """Put another cell in the place of one, in a line of separated ones."""
    lines = content.splitlines(keepends=True) or [b""]
    row = drawn.randrange(len(lines))
    separator = drawn.choice((b"\t", b",", b" ", b": "))
    cells = lines[row].split(separator)
    cells[drawn.randrange(len(cells))] = drawn.choice(WORDS)
    return b"".join([*lines[:row], separator.join(cells), *lines[row + 1 :]])


def ends(content, drawn):
    return content.replace(b"\n", drawn.choice((b"\r\n", b"\r", b"\n\n", b"\n\0")))


def encode(content, drawn):
    text = content.decode("utf-8", "replace")
    return drawn.choice((text.encode("utf-16"), b"\xef\xbb\xbf" + content, text.encode("cp949", "replace")))


DAMAGES = [flip, put, overwrite, delete, double, splice, truncate, noise, line, cell, cell, put, overwrite]
DAMAGES += [stretch, nest, ends, encode]
