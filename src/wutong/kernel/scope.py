"""Default-deny queries: a scoped model answers nobody until it is told who asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.lookups import IsNull

from wutong.kernel.errors import NotFound
from wutong.kernel.policy import Actor, in_sight


class UnscopedQuery(RuntimeError):
    """A query on a scoped model ran without `visible_to(actor)` or `unscoped("why")`."""


@lru_cache(maxsize=1024)
def _scope(model: type[ScopedModel], actor: Actor, day: date) -> Q:
    """The condition depends on nothing but who asks and on which day: built once for all questions of a page."""
    return model.scope(actor)


def any_of(rows: models.QuerySet) -> Q:
    """As `Exists`, looked up for each row in turn: for EXISTS, PostgreSQL first gathers all rows of the city."""
    return Q(IsNull(models.Subquery(rows.order_by().values("pk")[:1]), False))


class ScopedQuerySet(models.QuerySet):
    _scoped_by: str = ""

    def visible_to(self, actor: Actor) -> Self:
        chosen = self.filter(_scope(self.model, actor, date.today()))
        chosen._scoped_by = f"actor {actor.person_id}"
        return chosen

    def unscoped(self, because: str) -> Self:
        """Rows of everybody; the reason stands in the code for the reviewer."""
        chosen = self._chain()
        chosen._scoped_by = because
        return chosen

    def seen(self, actor: Actor, **lookup: Any) -> Any:
        """The one visible row, or NotFound: who may not know is told the same as for nothing there."""
        row = self.visible_to(actor.with_keys()).filter(**lookup).first()
        if row is None:
            raise NotFound
        return row

    def _clone(self) -> Self:
        clone = super()._clone()
        clone._scoped_by = self._scoped_by
        return clone

    def _require_scope(self) -> None:
        if not self._scoped_by:
            raise UnscopedQuery(
                f"{self.model.__name__} is scoped: say .visible_to(actor) or .unscoped('why')"
            )

    def __or__(self, other: Any) -> Any:
        """Rows of everybody beside visible ones would be seen with them."""
        other._require_scope()
        return super().__or__(other)

    def union(self, *others: Any, **options: Any) -> Any:
        for other in others:
            other._require_scope()
        return super().union(*others, **options)

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._require_scope()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._require_scope()
        return super().count()

    def exists(self) -> bool:
        self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **values: Any) -> int:
        self._require_scope()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_scope()
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # Django's own mark: templates must not call it
    delete.queryset_only = True  # type: ignore[attr-defined]  # likewise: not offered on the manager


ScopedManager = models.Manager.from_queryset(ScopedQuerySet, "ScopedManager")


class ScopedModel(models.Model):
    """A record that only some may see. `SCOPE_FIELD` is the look-up that leads to its place in the tree."""

    SCOPE_FIELD: ClassVar[str] = "organisation__path"

    objects = ScopedManager()

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        return in_sight(actor, cls.SCOPE_FIELD)

    @property
    def scope_path(self) -> str:
        value: Any = self
        for part in self.SCOPE_FIELD.split("__"):
            value = getattr(value, part)
        return value
