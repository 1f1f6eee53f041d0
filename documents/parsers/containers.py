"""Looks into zip and OLE2 containers whose first bytes do not tell what they hold."""

from pathlib import Path

from documents.filetypes import HEAD_BYTES, Format, office_format, ole_format, sniff
from documents.parsers.archive import Archive

_SECTORS = 4096
"""Most directory sectors looked at; an office file has a handful."""


def identify(path: str, name: str) -> Format:
    """The format of the file, with containers opened; `ZIP` and `OLE` are left for those that hold nothing known."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD_BYTES)
    found = sniff(head, name)
    if found is Format.ZIP:
        with Archive(path, name) as archive:
            return office_format(archive.members) or Format.ARCHIVE
    return ole_format(_ole_directory(path)) if found is Format.OLE else found


def _ole_directory(path: str) -> bytes:
    """The directory of a compound file ([MS-CFB] 2.2, 2.3, 2.6): its sector chain, as far as the header lists the FAT.

    The header names the first 109 FAT sectors, enough for the first 7 MB of a file with small sectors; where the
    chain leads beyond, what was found till there is returned.
    """
    with Path(path).open("rb") as file:
        header = file.read(512)
        size = 1 << min(max(int.from_bytes(header[30:32], "little"), 9), 12)  # 512 and 4,096 are the two in use

        def sector(number: int) -> bytes:
            file.seek((number + 1) * size)
            return file.read(size)

        fat_sectors = [int.from_bytes(header[at : at + 4], "little") for at in range(76, 512, 4)]
        per_sector = size // 4
        current = int.from_bytes(header[48:52], "little")
        chain: list[bytes] = []
        while current < 0xFFFFFFFA and len(chain) < _SECTORS:
            chain.append(sector(current))
            index, offset = divmod(current, per_sector)
            if index >= len(fat_sectors) or fat_sectors[index] >= 0xFFFFFFFA or not chain[-1]:
                break
            entry = sector(fat_sectors[index])[offset * 4 : offset * 4 + 4]
            current = int.from_bytes(entry.ljust(4, b"\xff"), "little")
    return b"".join(chain)
