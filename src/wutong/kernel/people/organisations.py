"""Organisation: city, district, school, class; bureaux and providers beside them."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from wutong.kernel.policy import Actor, in_sight, subtree
from wutong.kernel.scope import ScopedManager, ScopedModel, ScopedQuerySet

WIDTH = 8


class Kind(models.TextChoices):
    CITY = "city", _("市")
    DISTRICT = "district", _("区")
    BUREAU = "bureau", _("处室与直属单位")
    SCHOOL = "school", _("学校")
    CLASS = "class", _("班级")
    PROVIDER = "provider", _("社会机构")


class OrganisationQuerySet(ScopedQuerySet):
    def on(self, day: date) -> Self:
        """Those that existed on a day."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day)

    def below(self, path: str) -> Self:
        """The organisation at `path` and all under it."""
        return self.filter(subtree(path, "path"))


class Organisation(ScopedModel):
    """A node of the tree. `path` is the eight-digit keys from the root down, joined: a subtree is a range."""

    SCOPE_FIELD = "path"
    SEARCHED = True

    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    name = models.CharField(_("名称"), max_length=100)
    name_en = models.CharField(_("英文名称"), max_length=150, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=120, db_index=True, editable=False)
    valid_from = models.DateField(_("设立日期"), default=date(1949, 10, 1))
    valid_to = models.DateField(_("撤销日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ScopedManager.from_queryset(OrganisationQuerySet)()

    class Meta:
        verbose_name = _("机构")
        indexes = [
            models.Index(fields=["kind", "name"]),
            models.Index(fields=["name"]),
            models.Index(fields=["kind", "path"], name="organisation_by_place"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="organisation_ends_after_it_begins",
            )
        ]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """Subtrees in sight, and one's own organisations with those above them."""
        if actor.is_system:
            return Q()
        line = {pk for role in actor.roles for pk in keys(role.path)}
        return in_sight(actor, "path") | Q(pk__in=line)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The path is known once the key is: a new row is written twice, in one transaction."""
        super().save(*args, **kwargs)
        self.settle()

    def settle(self) -> None:
        """Brings the paths, its own and those below, in line with the parent."""
        path = (self.parent.path if self.parent else "") + f"{self.pk:0{WIDTH}d}"
        if path != self.path:
            moved, self.path = self.path, path
            type(self)._base_manager.filter(pk=self.pk).update(path=path)
            if moved:
                self._move_below(moved)

    def _move_below(self, moved: str) -> None:
        start = len(moved) + 1
        type(self)._base_manager.filter(subtree(moved, "path")).exclude(pk=self.pk).update(
            path=models.functions.Concat(models.Value(self.path), models.functions.Substr("path", start))
        )

    @property
    def full_name(self) -> str:
        """A class with its school before it; anything else by its own name."""
        return f"{self.parent.name}/{self.name}" if self.kind == Kind.CLASS and self.parent else self.name

    @property
    def ancestors(self) -> list[int]:
        """Keys from the root down to the parent."""
        return keys(self.path)[:-1]


def keys(path: str) -> list[int]:
    return [int(path[i : i + WIDTH]) for i in range(0, len(path), WIDTH)]


class OrganisationIdentifier(ScopedModel):
    """A number by which others know an organisation, from a day to a day; it may pass to a successor."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="identifiers")
    system = models.CharField(_("编码体系"), max_length=60)
    value = models.CharField(_("代码"), max_length=40)
    valid_from = models.DateField(_("起用日期"), null=True, blank=True)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("机构代码")
        constraints = [
            models.UniqueConstraint(
                fields=["system", "value"], condition=Q(valid_to__isnull=True), name="one_holder_of_a_code"
            )
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.value}"
