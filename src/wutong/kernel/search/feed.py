"""From written rows to the index: a queue in the database, taken in batches, each batch one commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import tantivy
from django.apps import apps
from django.utils.translation import gettext as _

from wutong.kernel.action import RowsChanged, RowsLoaded
from wutong.kernel.module import REGISTRY
from wutong.kernel.search import index as on_disk
from wutong.kernel.search.models import SearchQueue
from wutong.kernel.search.source import Made, SearchSource

BATCH = 2_000
CHUNK = 2_000  # keys in one database query

Keys = dict[str, set[Any]]


def sources() -> dict[str, SearchSource]:
    return {source.kind: source for source in REGISTRY.all("searches")}


def on_rows_changed(event: RowsChanged, event_id: int) -> None:
    """Receiver: only what some source is fed by is queued."""
    known = wanted()
    SearchQueue.objects.bulk_create(
        SearchQueue(label=label, row=pk) for label, pk in event.rows if label in known
    )


def on_rows_loaded(event: RowsLoaded, event_id: int) -> None:
    """Receiver: the same for what was written in bulk."""
    if event.label in wanted():
        rows = (SearchQueue(label=event.label, row=pk) for pk in range(event.first, event.last + 1))
        SearchQueue.objects.bulk_create(rows, batch_size=BATCH)


def wanted() -> set[str]:
    return {label for source in sources().values() for label in (source.label, *source.feeds)}


def feed(progress: Callable[..., None] | None = None) -> str:
    """Job: makes the index if it is missing or of another version, then takes what is queued."""
    with on_disk.sole_writer() as mine:
        if not mine:
            return ""
        if on_disk.in_use() is None:
            rebuild(progress)
        taken = 0
        while batch := list(SearchQueue.objects.order_by("pk")[:BATCH]):
            take(batch)
            taken += len(batch)
    return str(taken or "")


def take(batch: list[SearchQueue]) -> None:
    """The queue is emptied after the commit: a kill between the two only repeats the work."""
    index = on_disk.opened() or rebuild()
    keys = affected(index, batch)
    with writing(index) as writer:
        for kind, pks in keys.items():
            refresh(writer, sources()[kind], pks)
    SearchQueue.objects.filter(pk__in=[row.pk for row in batch]).delete()


class writing:
    """One commit at the end, none if anything fails."""

    def __init__(self, index: tantivy.Index, heap: int = on_disk.HEAP) -> None:
        self.writer = index.writer(heap_size=heap, num_threads=1)

    def __enter__(self) -> tantivy.IndexWriter:
        return self.writer

    def __exit__(self, failed: object, *_rest: object) -> None:
        if failed:
            self.writer.rollback()
        else:
            self.writer.commit()
        self.writer.wait_merging_threads()


def affected(index: tantivy.Index, batch: Iterable[SearchQueue]) -> Keys:
    """Keys by kind: of the row itself, of documents it feeds now, and of those it fed when last indexed."""
    rows: Keys = defaultdict(set)
    for queued in batch:
        rows[queued.label].add(queued.row)
    keys: Keys = defaultdict(set)
    for source in sources().values():
        keys[source.kind] |= rows.get(source.label, set())
        for label, lookup in source.feeds.items():
            keys[source.kind] |= set(_fed_now(label, lookup, rows.get(label, set())))
    for kind, pk in _fed_before(index, [f"{label}:{pk}" for label, pks in rows.items() for pk in pks]):
        keys[kind].add(pk)
    return keys


def _fed_now(label: str, lookup: str, pks: Iterable[Any]) -> Iterator[Any]:
    manager = apps.get_model(label)._base_manager
    for chunk in chunks(pks):
        found = manager.filter(pk__in=chunk).values_list(lookup, flat=True)
        yield from (pk for pk in found if pk is not None)


def _fed_before(index: tantivy.Index, marks: list[str]) -> Iterator[tuple[str, int]]:
    """A row that is gone, or now feeds another document, is still known to the one it used to feed."""
    searcher = index.searcher()
    query = tantivy.Query.term_set_query(on_disk.schema(), "fed", marks)
    there = searcher.search(query, limit=1).count  # type: ignore[attr-defined]  # missing in the stubs only
    for _score, address in searcher.search(query, limit=max(there, 1), count=False).hits:
        kind, _colon, pk = searcher.doc(address)["key"][0].partition(":")
        if kind in sources():
            yield kind, int(pk)


def refresh(
    writer: tantivy.IndexWriter, source: SearchSource, pks: Iterable[Any], *, fresh: bool = False
) -> None:
    """Puts the rows that are there, takes out those that are not. `fresh`: an index that knows none of them yet."""
    for chunk in chunks(pks):
        for pk, document, fed in source.many(chunk) if source.many else one_by_one(source, chunk):
            on_disk.put(writer, source.key(pk), document, fed, fresh=fresh)


def one_by_one(source: SearchSource, pks: list[Any]) -> Iterator[Made]:
    rows = {row.pk: row for row in source.rows().filter(pk__in=pks)}
    fed = feeding(source, pks)
    for pk in pks:
        yield pk, source.document(rows[pk]) if pk in rows else None, fed.get(pk, [])


def feeding(source: SearchSource, pks: list[Any]) -> dict[Any, list[str]]:
    """Which rows of other models each document is made from."""
    found: dict[Any, list[str]] = defaultdict(list)
    for label, lookup in source.feeds.items():
        rows = apps.get_model(label)._base_manager.filter(**{f"{lookup}__in": pks})
        for row, pk in rows.values_list("pk", lookup):
            found[pk].append(f"{label}:{row}")
    return found


def rebuild(progress: Callable[..., None] | None = None) -> tantivy.Index:
    """All sources from the beginning into a new build. What is written meanwhile waits in the queue."""
    build = on_disk.Build()
    waiting = list(SearchQueue.objects.order_by("pk").values_list("pk", flat=True))
    total = sum(source.rows().count() for source in sources().values())
    done = 0
    with writing(build.index, 8 * on_disk.HEAP) as writer:
        for source in sources().values():
            pks = source.rows().order_by("pk").values_list("pk", flat=True).iterator(chunk_size=CHUNK)
            for chunk in chunks(pks):
                refresh(writer, source, chunk, fresh=True)
                done += len(chunk)
                if progress:
                    progress(done, total, _("正在建立检索目录"))
    build.finish()
    for chunk in chunks(waiting):  # written before the first row was read
        SearchQueue.objects.filter(pk__in=chunk).delete()
    return build.index


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(items)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
