"""Sealing of what must not be read from a stolen table: numbers that name a person.

A sealed value is: version (1 byte), key id (4), nonce (12), AES-256-GCM text and tag. The header and the
context are authenticated, so a value copied into another column or row kind does not open.
"""

import base64
import hmac
import json
import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import WutongError

VERSION = b"\x01"
KEY_SIZE = 32
ID_SIZE = 4
NONCE_SIZE = 12
HEADER_SIZE = len(VERSION) + ID_SIZE


class SecretError(WutongError):
    code = "secret"
    sentence = _("受保护的内容无法打开。")


@dataclass(frozen=True)
class Keyring:
    """Encryption keys by id, one of them current, and one key for look-up.

    The look-up key is never rotated: stored digests are compared with new ones. GCM with random nonces bears
    2**32 values a key; `rotate` long before that.
    """

    current: bytes
    keys: Mapping[bytes, bytes] = field(repr=False)
    lookup: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        first = os.urandom(ID_SIZE)
        return cls(first, {first: os.urandom(KEY_SIZE)}, os.urandom(KEY_SIZE))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        try:
            stored = json.loads(data)
            keys = {bytes.fromhex(key_id): _key(key) for key_id, key in stored["keys"].items()}
            ring = cls(bytes.fromhex(stored["current"]), keys, _key(stored["lookup"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _damaged() from None
        if ring.current not in keys or any(len(key_id) != ID_SIZE for key_id in keys):
            raise _damaged()
        return ring

    def to_bytes(self) -> bytes:
        stored = {
            "current": self.current.hex(),
            "keys": {key_id.hex(): base64.b64encode(key).decode() for key_id, key in self.keys.items()},
            "lookup": base64.b64encode(self.lookup).decode(),
        }
        return json.dumps(stored, indent=1).encode() + b"\n"

    def rotate(self) -> Self:
        """Seals with a new key and still opens what the old ones sealed; keep it with `store_keyring`."""
        fresh = os.urandom(ID_SIZE)
        while fresh in self.keys:
            fresh = os.urandom(ID_SIZE)
        return replace(self, current=fresh, keys={**self.keys, fresh: os.urandom(KEY_SIZE)})

    def seal(self, text: str, context: str) -> bytes:
        header, nonce = VERSION + self.current, os.urandom(NONCE_SIZE)
        return (
            header
            + nonce
            + AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), header + context.encode())
        )

    def seal_all(self, texts: Iterable[str], context: str) -> list[bytes]:
        """As `seal`, for millions: the cipher is set up once and chance is asked for once."""
        header, cipher, plain = (
            VERSION + self.current,
            AESGCM(self.keys[self.current]),
            [t.encode() for t in texts],
        )
        name, chance = header + context.encode(), os.urandom(NONCE_SIZE * len(plain))
        nonces = (chance[at : at + NONCE_SIZE] for at in range(0, len(chance), NONCE_SIZE))
        return [
            header + nonce + cipher.encrypt(nonce, text, name)
            for nonce, text in zip(nonces, plain, strict=True)
        ]

    def open(self, sealed: bytes, context: str) -> str:
        header, nonce, body = (
            sealed[:HEADER_SIZE],
            sealed[HEADER_SIZE:][:NONCE_SIZE],
            sealed[HEADER_SIZE + NONCE_SIZE :],
        )
        if header[:1] != VERSION or len(nonce) != NONCE_SIZE:
            raise SecretError(_("受保护的内容已损坏，请从备份恢复这条记录。"))
        key = self.keys.get(header[1:])
        if key is None:
            raise SecretError(_("密钥文件中没有打开这条记录所需的密钥，请放回原来的密钥文件。"))
        try:
            return AESGCM(key).decrypt(nonce, body, header + context.encode()).decode()
        except InvalidTag:
            raise SecretError(_("受保护的内容被改动过或放错了位置，请从备份恢复这条记录。")) from None

    def digest(self, text: str, context: str) -> bytes:
        """32 bytes by which equal texts of one context are found; width, case and spaces do not count."""
        name = context.encode()
        plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
        return hmac.digest(self.lookup, len(name).to_bytes(4, "big") + name + plain.encode(), "sha256")

    def digest_all(self, texts: Iterable[str], context: str) -> list[bytes]:
        """As `digest`, for texts that are plain already: no spaces, narrow."""
        name, key = context.encode(), self.lookup.ljust(64, b"\0")
        inner = sha256(bytes(byte ^ 0x36 for byte in key) + len(name).to_bytes(4, "big") + name)
        outer = sha256(bytes(byte ^ 0x5C for byte in key))
        return [_finished(inner.copy(), outer.copy(), text.casefold().encode()) for text in texts]


def _finished(inner: Any, outer: Any, text: bytes) -> bytes:
    """HMAC (RFC 2104) whose two keyed beginnings were hashed before: half the work for short texts."""
    inner.update(text)
    outer.update(inner.digest())
    return outer.digest()


def load_keyring(path: Path) -> Keyring:
    """The ring kept at `path`, made there at the first start; of several first starts one wins and all read it."""
    if not path.exists():
        _publish(path, Keyring.generate(), replacing=False)
    return Keyring.from_bytes(_read_private(path))


def store_keyring(path: Path, ring: Keyring) -> None:
    """Replaces the file in one step; a reader sees the old ring or the new one."""
    _publish(path, ring, replacing=True)


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_SIZE:
        raise ValueError("a key has 32 bytes")
    return key


def _damaged() -> SecretError:
    return SecretError(_("密钥文件内容不完整，请用备份中的密钥文件替换它。"))


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise SecretError(
                    format_lazy(
                        _("密钥文件 {path} 能被其他用户读取，请先执行 chmod 600 {path} 再启动。"), path=path
                    )
                )
            return file.read()
    except OSError as error:
        raise _unusable(path) from error


def _publish(path: Path, ring: Keyring, *, replacing: bool) -> None:
    """Writes a private file beside `path`, then gives it the name: `link` refuses a name that is taken."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = _write_draft(path, ring.to_bytes())
        try:
            with suppress(FileExistsError):
                (os.replace if replacing else os.link)(draft, path)
            _sync_directory(path.parent)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(path) from error


def _write_draft(path: Path, data: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unusable(path: Path) -> SecretError:
    return SecretError(
        format_lazy(
            _("密钥文件 {path} 无法读写，请检查所在目录是否存在、是否属于运行本系统的用户。"), path=path
        )
    )
