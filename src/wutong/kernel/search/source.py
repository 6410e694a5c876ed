"""What a module declares so that its rows are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wutong.kernel.errors import Sentence
from wutong.kernel.prepared import Keys, Prepared

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class Document:
    """One row as it is found. Nobody finds it whom none of the last four fields lets in.

    `names` are further texts to find it by; `paths` are organisation paths: holders of sight at or above one
    find it; `belonging` are paths whose own members, and those below, find it; `owners` are person keys.
    """

    title: str
    url: str
    subtitle: str = ""
    names: tuple[str, ...] = ()
    person: bool = False
    paths: tuple[str, ...] = ()
    belonging: tuple[str, ...] = ()
    owners: tuple[int, ...] = ()
    public: bool = False


Made = tuple[Any, Document | None, list[str]]


@dataclass(frozen=True)
class SearchSource:
    """Rows of one model in the index.

    `document(row)` is None for a row that is not to be found. `rows()` are the rows with what `document` reads
    already joined. `feeds` names models whose rows are part of a document, with the look-up on them that leads
    to this model's key: {"people.membership": "person_id"}. Such models say `SEARCHED = True`.

    `many(keys)`, where there is one, gives the same documents as `document`, without a model's object for each row, for
    sources of millions: (key, document, marks of the rows that feed it, as `people.membership:17`).
    """

    kind: str
    title: Sentence
    model: type[Model]
    document: Callable[[Any], Document | None]
    rows: Callable[[], QuerySet[Any]]
    feeds: Mapping[str, str] = field(default_factory=dict)
    many: Callable[[list[Any]], Iterable[Made]] | None = None

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def key(self, pk: Any) -> str:
        return f"{self.kind}:{pk}"

    def visible(self, actor: Any, pks: Iterable[str]) -> set[str]:
        """Which of these keys the database itself shows to this actor."""
        keys = Keys(map(self.model._meta.pk.to_python, pks))
        return {str(pk) for pk in _visible(self.model, actor.with_keys(), keys)}


@Prepared
def _visible(model: type[Model], actor: Any, keys: Keys) -> QuerySet[Any]:
    return model.objects.visible_to(actor).filter(pk__in=keys).values_list("pk", flat=True)
