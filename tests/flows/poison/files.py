"""Files made to hurt whoever reads them: small to send, large, deep or endless to read."""

import io
import random
import zipfile
import zlib

MIB = 1 << 20
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/{part}" '
    'ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
)
WORD = "word/document.xml", "wordprocessingml.document"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word(body):
    """A Word file whose text part is `body`."""
    return _packed(WORD, body, zipfile.ZIP_DEFLATED)


def _packed(part, body, method):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.writestr("[Content_Types].xml", TYPES.format(part=part[0], kind=part[1]))
        archive.writestr(part[0], body)
    return data.getvalue()


def zip_bomb(size=10 << 30):
    """A Word file of 10 MB that unpacks to `size` bytes.

    One compressed MiB, repeated: what a full flush ends can be read on its own. The sum of the whole is made up.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"<w:p/>" * (MIB // 6) + b"    ") + packer.flush(zlib.Z_FULL_FLUSH)
    body = block * (size // MIB) + packer.flush()
    honest = _packed(WORD, body, zipfile.ZIP_STORED)
    return _claiming(honest, WORD[0].encode(), size)


def _claiming(archive, name, size):
    """Have a stored member's two headers say that it is compressed, of `size` bytes."""
    data = bytearray(archive)
    small = min(size, 0xFFFFFFFE).to_bytes(4, "little")
    local, central = data.find(name) - 30, data.rfind(name) - 46
    for start, method, length in ((local, 8, 22), (central, 10, 24)):
        data[start + method : start + method + 2] = (8).to_bytes(2, "little")
        data[start + length : start + length + 4] = small
    return bytes(data)


def deep_word(depth=200_000):
    """A Word file whose elements lie in each other; no two alike, so that it is not refused for unpacking well."""
    chance = random.Random(1)
    body = "".join(f'<w:sdtContent w:id="{chance.getrandbits(128):x}">' for _ in range(depth))
    return word(f"<w:document {W}><w:body>{body}")


def laughing_word():
    """A Word file with the entities of the billion laughs."""
    lines = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    return word(f'<!DOCTYPE d [<!ENTITY l0 "ha">{lines}]><w:document {W}><w:body><w:p>&l9;</w:p></w:body></w:document>')


def wide_sheet():
    """A workbook with one cell in each corner of the largest sheet there is."""
    from openpyxl import Workbook

    book, data = Workbook(), io.BytesIO()
    book.active["A1"] = book.active["XFD1048576"] = 1
    for row in range(1, 200):
        book.active.cell(row * 5_000, 16_384, 1)
    book.save(data)
    return data.getvalue()


def deep_json(depth=5_000_000):
    """Lists in lists."""
    return b"[" * depth + b"]" * depth


def deep_mail(depth=20_000):
    """Messages in messages: the time that reading them takes grows with the square of their depth."""
    return b"".join(
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(depth)
    )


def pdf(pages, *, kids=None):
    """A PDF of empty pages; `kids` are the numbers of the objects that it gives out for them."""
    kids = " ".join(f"{kid} 0 R" for kid in kids or range(3, pages + 3))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {pages}/Kids[{kids}]>>".encode()]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * pages
    data, places = io.BytesIO(), []
    data.write(b"%PDF-1.4\n")
    for number, content in enumerate(objects, 1):
        places.append(data.tell())
        data.write(b"%d 0 obj" % number + content + b"endobj\n")
    start = data.tell()
    data.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    data.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    data.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, start))
    return data.getvalue()


def noise(size=MIB):
    """Bytes without sense, the same each time."""
    return random.Random(1).randbytes(size)
