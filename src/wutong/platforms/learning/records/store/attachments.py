"""Attachments: files named by their hash. Read from the wire in pieces, on disk before a statement speaks of them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from wutong.platforms.learning.records.store.database import marks, rows

PIECE = 2**18
# By the length of the digest in hexadecimal digits.
ALGORITHMS = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


@dataclass(slots=True)
class Brought:
    """Bytes that came with a request, in a file of their own until they are kept or dropped."""

    sha2: str
    type: str
    size: int
    path: Path


@dataclass(frozen=True)
class Kept:
    sha2: str
    type: str
    path: Path


def folder(tenant: int) -> Path:
    return settings.DATA_DIR / "records" / str(tenant)


def place(tenant: int, sha2: str) -> Path:
    return folder(tenant) / sha2[:2] / sha2


def receive(pieces: Iterable[bytes], sha2: str, media_type: str) -> Brought | None:
    """None where the bytes are not those of the hash. Names that begin with a dot are no part of a backup."""
    top = settings.DATA_DIR / "records"
    top.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=".incoming-", dir=top)
    sum, size = hashlib.new(ALGORITHMS[len(sha2)]), 0
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
            sum.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    brought = Brought(sha2, media_type, size, Path(name))
    if sum.hexdigest() == sha2:
        return brought
    drop([brought])
    return None


def keep(tenant: int, brought: Iterable[Brought]) -> None:
    for each in brought:
        target = place(tenant, each.sha2)
        for directory in (folder(tenant), target.parent):
            directory.mkdir(exist_ok=True, mode=0o700)
        os.replace(each.path, target)
        _sync(target.parent)


def drop(brought: Iterable[Brought]) -> None:
    for each in brought:
        each.path.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def of(tenant: int, sums: Iterable[str]) -> list[Kept]:
    """Those of these hashes whose bytes are here, each once."""
    wanted = sorted({sha2.lower() for sha2 in sums})
    if not wanted:
        return []
    found = rows(
        f"SELECT sha2, type FROM records_attachment WHERE tenant = %s AND sha2 IN ({marks(wanted)}) ORDER BY stored",
        tenant,
        *map(bytes.fromhex, wanted),
    )
    types = {bytes(sha2).hex(): bytes(media_type).decode() for sha2, media_type in found}
    kept = [Kept(sha2, types[sha2], place(tenant, sha2)) for sha2 in sorted(types)]
    return [each for each in kept if each.path.exists()]


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
