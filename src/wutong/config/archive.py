"""One file that holds a whole house: a tar compressed with zstd, and age around it where a recipient is named.

The last member, `manifest.json`, says what the others are: `{"facts": {…}, "members": {name: sha256}}`. Standard tools
open it too: `age -d -i KEY FILE | zstd -d | tar x` (age-encryption.org/v1; RFC 8878; POSIX.1-2001 pax).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyrage
import zstandard

MANIFEST = "manifest.json"
SEALED, PLAIN = b"age-encryption.org/", b"\x28\xb5\x2f\xfd"
Facts = dict[str, Any]


class Refused(Exception):
    """Why there is no backup or nothing was restored, as one sentence."""


class Digesting:
    """A file to read from that keeps the sha256 of what was read."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner, self.digest = inner, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.inner.read(size)
        self.digest.update(data)
        return data


def pack(target: Path, members: Iterable[tuple[str, Path]], facts: Facts) -> None:
    """Streams the members into a plain archive of mode 600, and reads it back from the disk."""
    with (
        created(target) as file,
        zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False) as plain,
    ):
        _write(plain, members, facts)
    unpack(target)


def _write(plain: Any, members: Iterable[tuple[str, Path]], facts: Facts) -> None:
    digests = {}
    with tarfile.open(fileobj=plain, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, path in members:
            with path.open("rb") as file:
                content = Digesting(file)
                tar.addfile(_entry(name, os.fstat(file.fileno()).st_size), content)
            digests[name] = content.digest.hexdigest()
        text = json.dumps({"facts": facts, "members": digests}, ensure_ascii=False, indent=1).encode()
        tar.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def unpack(source: Path, folder: Path | None = None) -> Facts:
    """Writes the members below `folder`, or only reads them; what the manifest says of the whole.

    Refused unless every digest agrees: nothing of what was written may then be used.
    """
    changed = Refused(f"{source.name} is cut short or was changed; take another backup")
    try:
        with source.open("rb") as file:
            plain = zstandard.ZstdDecompressor().stream_reader(file)
            with tarfile.open(fileobj=plain, mode="r|") as tar:
                digests, manifest = _read(tar, folder)
    except (tarfile.TarError, zstandard.ZstdError, EOFError):
        raise changed from None
    if manifest.get("members") != digests:
        raise changed
    facts: Facts = manifest["facts"]
    return facts


def _read(tar: tarfile.TarFile, folder: Path | None) -> tuple[dict[str, str], dict[str, Any]]:
    digests: dict[str, str] = {}
    for entry in tar:
        inner = tar.extractfile(entry)
        if inner is None:
            raise tarfile.ReadError("not a file")
        if entry.name == MANIFEST:
            return digests, json.loads(inner.read())
        content = Digesting(inner)
        with created(_below(folder, entry.name)) if folder else open(os.devnull, "wb") as file:
            shutil.copyfileobj(content, file)
        digests[entry.name] = content.digest.hexdigest()
    return digests, {}


def _below(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise tarfile.ReadError("leads out of the folder")
    (folder / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / path


def seal(source: Path, target: Path, recipient: str) -> None:
    """Encrypts for whoever holds the key to `recipient` (age1…), into a file of mode 600."""
    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise Refused("the recipient is no age public key; it begins with age1") from None
    with source.open("rb") as plain, created(target) as sealed:
        pyrage.encrypt_io(plain, sealed, [key])


def is_sealed(source: Path) -> bool:
    with source.open("rb") as file:
        start = file.read(len(SEALED))
    if not start.startswith((SEALED, PLAIN)):
        raise Refused(f"{source.name} is no backup of Wutong")
    return start == SEALED


def unseal(source: Path, target: Path, identity: Path | None) -> None:
    """Decrypts with the age secret key that stands in the file `identity`."""
    if identity is None:
        raise Refused(f"{source.name} is encrypted: name the file of the secret key with --identity")
    lines = [line for line in identity.read_text("utf-8").splitlines() if not line.startswith("#")]
    try:
        key = pyrage.x25519.Identity.from_str("".join(lines).strip())
        with source.open("rb") as sealed, created(target) as plain:
            pyrage.decrypt_io(sealed, plain, [key])
    except (pyrage.IdentityError, pyrage.DecryptError):
        raise Refused(f"{identity.name} does not open {source.name}, or the file was changed") from None


@contextmanager
def created(path: Path) -> Iterator[IO[bytes]]:
    """A new file for its owner alone, on disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def published(draft: Path, target: Path) -> None:
    """Gives a finished file its name, for good."""
    os.replace(draft, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
