"""The index on disk: a folder per build, and one small file that says which of them is in use.

A build that is killed leaves a folder nobody points to. A commit is all or nothing, so whatever is repeated
after a kill ends in the same index.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import cache, lru_cache
from pathlib import Path

import tantivy
from django.conf import settings

from wutong.kernel.policy import Actor
from wutong.kernel.search.readings import index_terms, readings
from wutong.kernel.search.source import Document

VERSION = 2  # of the fields below and of the terms in them: another number builds the index anew
HEAP = 32_000_000
EVERYBODY = "*"
FIRST = "^"
WIDTH = 8  # digits of one organisation in a path


@cache
def schema() -> tantivy.Schema:
    """`seen` holds who may find a document, `fed` which other rows are part of it."""
    builder = tantivy.SchemaBuilder()
    for name in ("key", "title", "subtitle", "url"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("term", "name", "seen", "fed", "sort"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    return builder.build()


def folder() -> Path:
    path = Path(settings.DATA_DIR) / "search"
    path.mkdir(parents=True, exist_ok=True)
    return path


def in_use() -> Path | None:
    """The build in use, None if there is none of this version that can be opened."""
    pointer = folder() / "current"
    name = pointer.read_text().strip() if pointer.exists() else ""
    built = folder() / name
    there = name.startswith(f"v{VERSION}-") and (built / "meta.json").exists()
    return built if there else None


_open: dict[Path, tuple[int, tantivy.Index]] = {}


def opened() -> tantivy.Index | None:
    """The index as of its last commit; kept open until another process commits."""
    built = in_use()
    if built is None:
        return None
    stamp = (built / "meta.json").stat().st_mtime_ns
    known = _open.get(built)
    if known is None or known[0] != stamp:
        index = known[1] if known else tantivy.Index.open(str(built))
        index.reload()
        known = (stamp, index)
        _open.clear()
        _open[built] = known
    return known[1]


@contextmanager
def sole_writer() -> Iterator[bool]:
    """True for one process (and thread) of the house at a time; a killed one lets go by itself."""
    with (folder() / "writer.lock").open("w") as handle:
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


class Build:
    """A new index beside the one in use; `finish` puts it in its place and clears away all others."""

    def __init__(self) -> None:
        self.path = folder() / f"v{VERSION}-{uuid.uuid4().hex[:12]}"
        self.path.mkdir()
        self.index = tantivy.Index(schema(), path=str(self.path))

    def finish(self) -> None:
        pointer = folder() / "current"
        draft = pointer.with_suffix(".new")
        with draft.open("w") as handle:
            handle.write(self.path.name)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(pointer)
        for other in folder().glob("v*-*"):
            if other != self.path:
                shutil.rmtree(other, ignore_errors=True)


def put(
    writer: tantivy.IndexWriter,
    key: str,
    document: Document | None,
    fed: Iterable[str] = (),
    *,
    fresh: bool = False,
) -> None:
    """Replaces the document of this key; None only takes it out."""
    if not fresh:
        writer.delete_documents_by_term("key", key)
    if document is not None:
        writer.add_document(_entry(key, document, fed))


def _entry(key: str, document: Document, fed: Iterable[str]) -> tantivy.Document:
    texts = (document.title, *document.names)
    said = [spoken(text, document.person) for text in texts]
    return tantivy.Document(
        key=[key],
        kind=[key.partition(":")[0]],
        title=[document.title],
        subtitle=[document.subtitle],
        url=[document.url],
        term=list(dict.fromkeys(term for terms, _names in said for term in terms)),
        name=list(dict.fromkeys(name for _terms, names in said for name in names)),
        seen=sorted(seen_by(document)),
        fed=sorted(set(fed)),
        sort=["person" if document.person else "thing"],
    )


@lru_cache(maxsize=20_000)
def spoken(text: str, person: bool) -> tuple[list[str], list[str]]:
    """The terms and whole names of one text; a city has many bearers of each name."""
    return index_terms(text, person=person), whole_names(text, person)


def seen_by(document: Document) -> set[str]:
    """One mark for each way in; `marks_of` gives the marks that an actor carries."""
    above = {mark for path in document.paths for mark in _over(path)}
    own = {f"of:{path}" for path in document.belonging}
    owners = {f"person:{pk}" for pk in document.owners}
    return above | own | owners | ({EVERYBODY} if document.public else set())


def marks_of(actor: Actor) -> list[str]:
    marks = {EVERYBODY, *(f"over:{path}" for path in actor.sight)}
    marks |= {f"of:{role.path[:end]}" for role in actor.roles for end in _ends(role.path)}
    if actor.person_id is not None:
        marks.add(f"person:{actor.person_id}")
    return sorted(marks)


@lru_cache(maxsize=20_000)
def _over(path: str) -> list[str]:
    return [f"over:{path[:end]}" for end in _ends(path)]


def _ends(path: str) -> range:
    return range(WIDTH, len(path) + 1, WIDTH)


def whole_names(text: str, person: bool = False) -> list[str]:
    """A whole name as it is written, as it is said, and its initials: what an exact match is exact to.

    With `FIRST` before it, its first character and how that is said: many begin with it.
    """
    read = readings(text, person=person)
    spoken_forms = (read.full, *read.others)
    forms = [text, *("".join(each) for each in spoken_forms), read.initials]
    firsts = [*([] if text[:1].isascii() else [text[:1]]), *(each[0] for each in spoken_forms if each)]
    marked = [FIRST + form for form in map(squeezed, firsts) if form]
    return [*(form for form in map(squeezed, forms) if form), *marked]


def squeezed(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ü", "v")
    return "".join(char for char in plain if char.isalnum())[:80]
