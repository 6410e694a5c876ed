"""Asking the index. The scope is part of the question, and the database is asked again before anything leaves."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Occur, Query

from wutong.kernel.policy import Actor
from wutong.kernel.search import index as on_disk
from wutong.kernel.search.feed import sources
from wutong.kernel.search.highlight import Piece, pieces
from wutong.kernel.search.readings import Term, query_terms
from wutong.kernel.search.source import SearchSource

LONGEST = 100  # characters of a question; more is cut off
DEEPEST = 1_000  # results that can be paged to

MANY = 1_000  # bearers of one first character or syllable


@dataclass(frozen=True)
class Item:
    kind: str
    pk: str
    title: str
    subtitle: str
    url: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Found:
    """`total_at_most` and `facets` are counted by the index: never less than what the database shows."""

    items: tuple[Item, ...] = ()
    total_at_most: int = 0
    facets: tuple[tuple[str, int], ...] = ()
    took: float = 0.0


def search(actor: Actor, text: str, *, kind: str | None = None, limit: int = 20, offset: int = 0) -> Found:
    """What this actor may find for a question, best first; `took` is in milliseconds."""
    began = time.perf_counter()
    text = text[:LONGEST]
    index, terms = on_disk.opened(), query_terms(text)
    if index is None or not terms or not 0 <= offset < DEEPEST:
        return Found()
    searcher, within = index.searcher(), sight(actor)
    chosen = [*within, word("kind", kind)] if kind else within
    addresses = best(searcher, tiers(searcher, text, terms, chosen), limit, offset)
    items = [item_of(searcher.doc(address), text) for address in addresses]
    if kind is None and offset == 0 and len(items) < limit:
        kinds = tuple(Counter(item.kind for item in items).most_common())
    else:
        kinds = facets(searcher, both(*map(saying, terms), *within))
    count = sum(number for name, number in kinds if kind in (None, name))
    took = round((time.perf_counter() - began) * 1000, 1)
    return Found(tuple(allowed(actor, items)), count, kinds, took)


def sight(actor: Actor) -> list[Query]:
    """Within what the actor may find."""
    return [] if actor.is_system else [either("seen", on_disk.marks_of(actor))]


def saying(term: Term) -> Query:
    return begins("term", term.text) if term.prefix else word("term", term.text)


def best(searcher: tantivy.Searcher, queries: Iterator[Query], limit: int, offset: int) -> list[Any]:
    """Addresses of documents that one query after the other finds, until there are enough."""
    found: list[Any] = []
    passed = 0
    for query in queries:
        result = searcher.search(query, limit=limit - len(found), offset=max(offset - passed, 0))
        found += [address for _score, address in result.hits]
        passed += result.count or 0  # type: ignore[attr-defined]  # missing in tantivy's stubs only
        if len(found) == limit:
            break
    return found


def tiers(searcher: tantivy.Searcher, text: str, terms: list[Term], within: list[Query]) -> Iterator[Query]:
    """A whole name before the beginning of one before the rest; in each, things before people.

    Who is named as one term says has that term, if it is not of two characters, which may stand in two words: of
    millions, only these are then looked at.
    """
    name, asked = on_disk.squeezed(text), list(map(saying, terms))
    names = [word("name", name), beginning(searcher, name)] if name else []
    implied = [term.text for term in terms] == [name] and (terms[0].prefix or len(name) == 1)
    for at, named in enumerate([*names, None]):
        must = [*within, *([named] if named else []), *([] if named and implied else asked)]
        for sort in ("thing", "person"):
            yield even([*must, word("sort", sort)], names[:at])


def even(all_of: list[Query], none_of: list[Query]) -> Query:
    """All that it finds counts the same: nothing is weighed."""
    clauses = [(Occur.Must, each) for each in all_of] + [(Occur.MustNot, each) for each in none_of]
    return Query.const_score_query(Query.boolean_query(clauses), 1.0)


def beginning(searcher: tantivy.Searcher, name: str) -> Query:
    """Names that begin so. A surname that many bear is a term of its own: not all of them need be gathered."""
    first = on_disk.FIRST + name
    return word("name", first) if searcher.doc_freq("name", first) > MANY else begins("name", name)


def word(field: str, text: str) -> Query:
    return Query.term_query(on_disk.schema(), field, text, "basic")


def begins(field: str, text: str) -> Query:
    """Safe as a pattern: what terms and names are made of are letters and digits only."""
    return Query.regex_query(on_disk.schema(), field, f"{text}.*")


def both(*queries: Query) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def either(field: str, texts: list[str]) -> Query:
    """Asked beside other clauses; a set of terms would first gather every document of the city."""
    return Query.boolean_query([(Occur.Should, word(field, text)) for text in texts])


def facets(searcher: tantivy.Searcher, query: Query) -> tuple[tuple[str, int], ...]:
    wanted = {"kinds": {"terms": {"field": "kind", "size": 50}}}
    buckets = searcher.aggregate(query, wanted)["kinds"]["buckets"]
    return tuple((bucket["key"], int(bucket["doc_count"])) for bucket in buckets)


def item_of(document: tantivy.Document, text: str) -> Item:
    first = {name: document[name][0] for name in ("key", "title", "subtitle", "url")}
    kind, _colon, pk = first["key"].partition(":")
    title = first["title"]
    return Item(kind, pk, title, first["subtitle"], first["url"], tuple(pieces(title, text)))


def allowed(actor: Actor, items: list[Item]) -> list[Item]:
    """Leaves only what the database shows: the index may be a moment behind it."""
    asked: dict[str, list[str]] = defaultdict(list)
    for item in items:
        asked[item.kind].append(item.pk)
    known: dict[str, SearchSource] = sources()
    seen = {kind: known[kind].visible(actor, pks) for kind, pks in asked.items() if kind in known}
    return [item for item in items if item.pk in seen.get(item.kind, ())]
