"""Archives in memory; members: content by name."""

import gzip
import io
import random
import tarfile
import zipfile


def tarred(members, **options):
    """Return a tar archive, compressed by gzip; options: of `tarfile.open`."""
    return gzip.compress(tar(members, **options), mtime=0)


def tar(members, **options):
    """Return a tar archive that is not compressed."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", **options) as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return content.getvalue()


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """Return a zip archive, compressed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return content.getvalue()


def sparse_pax(name, size, **records):
    """Return a tar of one file whose 8 bytes stand for `size`, as GNU tar writes it into pax records."""
    info = tarfile.TarInfo(name)
    info.size = 8
    info.pax_headers = {"GNU.sparse.size": str(size), "GNU.sparse.name": name, **records}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"8 bytes!"))
    return content.getvalue()


def sparse_gnu(name, size):
    """Return a tar of one file whose 8 bytes stand for `size`, in the header of old GNU tar."""
    header = bytearray(tarfile.TarInfo(name).tobuf(tarfile.GNU_FORMAT))
    fields = {124: 8, 386: 0, 398: 8, 483: size}  # stored size, offset and length of the data, true size
    for offset, value in fields.items():
        header[offset : offset + 12] = b"%011o\0" % value
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"8 bytes!".ljust(512, b"\0") + bytes(1024)


def damaged(content, seed):
    """Change up to four places of some bytes, the same for the same seed."""
    rng, content = random.Random(seed), bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(content)), rng.choice((1, 1, 2, 4, 16))
        new = rng.choice((rng.randbytes(length), b"\xff" * length, bytes(length), b"7" * length, b""))
        content[at : at + length] = new
    return bytes(content)
