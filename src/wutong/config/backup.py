"""The whole house in one file, and back into an empty folder.

In the file: the databases at one moment, keys, files. Not in it: what is made anew (search index, static files) and
who was signed in.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from wutong import __version__
from wutong.config import archive, prepare, snapshot
from wutong.config.archive import Refused
from wutong.kernel.audit.chain import verify
from wutong.kernel.search.feed import rebuild

MADE_ANEW = {"static", "search", "ready"}
SCRATCH = ".copy-"
DATABASES, DATA = "databases", "data"


def backup(target: Path, *, recipient: str = "") -> archive.Facts:
    """Writes `target` whole and read back, or not at all; sealed for `recipient` (an age public key) if one is named.

    Files are copied after the databases: they are written before a row speaks of them and never changed.
    """
    if target.exists():
        raise Refused(f"{target} exists; a backup never overwrites another")
    with _scratch() as work:
        (work / DATABASES).mkdir()
        facts = {
            "version": __version__,
            "at": timezone.now().isoformat(timespec="seconds"),
            "engine": connection.vendor,
            **snapshot.take(work / DATABASES),
        }
        archive.pack(work / "plain", _members(work), facts)
        _hand_over(work / "plain", target, recipient)
    return facts


def _members(work: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((work / DATABASES).iterdir()):
        yield f"{DATABASES}/{path.name}", path
    for name, path in _files(settings.DATA_DIR):
        yield f"{DATA}/{name}", path


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Keys and files; not the databases themselves, nor what is made anew."""
    for top in sorted(folder.iterdir()):
        if top.name in MADE_ANEW or top.name.startswith(".") or ".sqlite3" in top.name:
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield str(path.relative_to(folder)), path


def _hand_over(plain: Path, target: Path, recipient: str) -> None:
    """The place for backups may be another disk: copied there under a draft's name, named when it is whole."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if recipient:
            archive.seal(plain, draft, recipient)
        else:
            with plain.open("rb") as source, archive.created(draft) as copy:
                shutil.copyfileobj(source, copy, 2**20)
            archive.unpack(draft)
        archive.published(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def restore(source: Path, *, identity: Path | None = None) -> archive.Facts:
    """Into an empty data folder (and an empty PostgreSQL); what the backup said of itself.

    The databases come last: until they are there, restoring may be repeated.
    """
    if not snapshot.is_empty():
        raise Refused(
            "there are data already; restore into an empty folder with --data, or an empty database"
        )
    with _scratch() as work:
        facts = _unpacked(source, work, identity)
        if facts["engine"] != connection.vendor:
            raise Refused(f"this backup is of {facts['engine']}; set WUTONG_DATABASE to such a database")
        for name, path in _files(work / DATA):
            place = settings.DATA_DIR / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(path, place)
        snapshot.put_back(work / DATABASES)
    connections.close_all()
    prepare.ready(mark=False)
    rebuild()
    prepare.ready()
    verdict = verify()
    if (verdict.broken, verdict.entries, verdict.head) != (None, facts["entries"], facts["head"]):
        raise Refused("the journal does not end as it did in the backup; see `wutong audit verify`")
    return facts


def _unpacked(source: Path, work: Path, identity: Path | None) -> archive.Facts:
    if not archive.is_sealed(source):
        return archive.unpack(source, work)
    archive.unseal(source, work / "plain", identity)
    return archive.unpack(work / "plain", work)


@contextmanager
def _scratch() -> Iterator[Path]:
    """Beside the data, so that copies stay where the originals may lie; what a killed run left is taken away."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    for left in settings.DATA_DIR.glob(f"{SCRATCH}*"):
        if not _alive(left.name.removeprefix(SCRATCH)):
            shutil.rmtree(left, ignore_errors=True)
    work = settings.DATA_DIR / f"{SCRATCH}{os.getpid()}"
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _alive(pid: str) -> bool:
    return pid.isdecimal() and Path(f"/proc/{pid}").exists()
