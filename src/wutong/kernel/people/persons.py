"""Person and what is dated about one: numbers, memberships, guardianships, merges."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.lookups import LessThan
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.organisations import Organisation
from wutong.kernel.policy import Actor, area, in_areas, in_sight
from wutong.kernel.prepared import Prepared
from wutong.kernel.scope import ScopedManager, ScopedModel, ScopedQuerySet, any_of


def live(prefix: str = "", on: date | None = None) -> Q:
    """Dated rows in force on a day; a row without a beginning has always been."""
    day = on or date.today()
    begun = Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": day})
    return begun & (Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gte": day}))


class DatedQuerySet(ScopedQuerySet):
    def on(self, day: date) -> Self:
        return self.filter(live(on=day))


class TieQuerySet(DatedQuerySet):
    """Ties of persons to places and to each other, whose districts go with them however they are written."""

    def bulk_create(self, rows: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        with transaction.atomic(using=self.db, savepoint=False):
            made = super().bulk_create(rows, *args, **kwargs)
            spread(getattr(row, self.model.ABOUT) for row in made)
        return made


class PersonQuerySet(ScopedQuerySet):
    def current(self) -> Self:
        """Without those that were merged into another."""
        return self.filter(merged_into__isnull=True)


class Person(ScopedModel):
    """A human being. The key never changes and is never used again; everything else about one may."""

    SEARCHED = True
    DERIVED = frozenset({"areas"})

    name = models.CharField(_("姓名"), max_length=60)
    name_en = models.CharField(_("英文姓名"), max_length=100, blank=True)
    sex = models.CharField(_("性别"), max_length=1, default="0")
    born = models.DateField(_("出生日期"), null=True, blank=True)
    ethnic_group = models.CharField(_("民族"), max_length=2, blank=True)
    phone = models.CharField(_("手机"), max_length=20, blank=True)
    address = models.CharField(_("住址"), max_length=200, blank=True)
    # Without an index of its own: nearly all are empty, and a list by name must not be led to it.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )
    # A bit for each district that oneself or one's child ever belonged to (policy.area), added by `spread`, never taken
    # away. It stands in the index by name, so that a district's list passes the others' names at a glance.
    areas = models.BigIntegerField(default=0, db_default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ScopedManager.from_queryset(PersonQuerySet)()

    class Meta:
        verbose_name = _("人员")
        indexes = [
            models.Index(fields=["name", "id", "areas"], condition=Q(merged_into=None), name="person_by_name")
        ]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """Oneself, one's children, and whoever is or was a member of an organisation in sight."""
        if actor.is_system:
            return Q()
        if actor.gathers:
            return _few_in_sight(actor)
        members = Membership._base_manager.filter(
            in_sight(actor, "organisation__path"), person=OuterRef("pk")
        )
        wards = Guardianship._base_manager.filter(live(), guardian_id=actor.person_id)
        family = Q(pk=actor.person_id) | Q(pk__in=wards.values("child"))
        return family | in_areas(actor, "areas") & (any_of(members) | any_of(_guardians_in_sight(actor)))

    @cached_property
    def shown(self) -> dict[str, str]:
        """Masked numbers in force by kind; `any` is the first that a stranger would ask for."""
        return _by_kind({row.kind: row.shown for row in self._numbers})

    @cached_property
    def full(self) -> dict[str, str]:
        """The numbers themselves. Nothing that a person sees reads this without `reveal_identifier`."""
        return _by_kind({row.kind: row.opened() for row in self._numbers})

    @property
    def _numbers(self) -> list["Identifier"]:
        held = getattr(self, "live_numbers", None)
        if held is None:
            held = list(self.identifiers.unscoped("numbers of one person").on(date.today()).order_by("pk"))
        return held

    @property
    def place(self) -> "Membership | None":
        """The first membership in force that the reader may see; queries for lists prefetch it."""
        held = getattr(self, "live_memberships", None)
        if held is None:
            rows = self.memberships.unscoped("place of one visible person").on(date.today())
            held = rows.select_related("organisation__parent").order_by("pk")[:1]
        return next(iter(held), None)

    @cached_property
    def scope_path(self) -> str:
        """The organisation of the first membership in force, or of the last there was.

        Who is nowhere but in a family stands where the child does: the child's school keeps the record.
        """
        return next(iter(_paths(self.pk)), None) or self._path_of_child()

    def moved(self) -> None:
        """After a membership or guardianship was written, the place is looked up anew."""
        self.__dict__.pop("scope_path", None)

    def _path_of_child(self) -> str:
        wards = self.wardships.unscoped("place of a guardian").on(date.today()).select_related("child")
        enrolled = wards.filter(child__memberships__isnull=False).order_by("pk").first()
        return enrolled.child.scope_path if enrolled else ""


@Prepared
def _paths(person: int) -> models.QuerySet:
    rows = Membership.objects.unscoped("place of one person").filter(person=person)
    latest = rows.order_by(F("valid_to").desc(nulls_first=True), "pk")
    return latest.values_list("organisation__path", flat=True)[:1]


def _by_kind(numbers: dict[str, str]) -> dict[str, str]:
    first = next((numbers[kind] for kind in ("identity", "pupil_national", "staff") if kind in numbers), "")
    return {**numbers, "any": first}


def _few_in_sight(actor: Actor) -> Q:
    """The same persons, gathered from each side: a city's names need not be walked to find those of a school."""
    members = Membership._base_manager.filter(in_sight(actor, "organisation__path"))
    wards = Guardianship._base_manager.filter(live(), guardian_id=actor.person_id)
    pupils = members.filter(role="pupil").values("person")
    guards = Guardianship._base_manager.filter(live(), child__in=pupils)
    oneself = Person._base_manager.filter(pk=actor.person_id).values("pk")
    return Q(pk__in=oneself.union(wards.values("child"), members.values("person"), guards.values("guardian")))


def _together(model: type[models.Model], *ways: Q) -> Q:
    """Rows that any of these finds, gathered from each by its index; an OR would walk through the city."""
    first, *others = (model._base_manager.filter(way).values("pk") for way in ways)
    return Q(pk__in=first.union(*others))


def _guardians_in_sight(actor: Actor) -> models.QuerySet:
    children = Membership._base_manager.filter(
        in_sight(actor, "organisation__path"), role="pupil", person=OuterRef("child")
    )
    return Guardianship._base_manager.filter(any_of(children), live(), guardian=OuterRef("pk"))


class PersonalModel(ScopedModel):
    """A record about one person: who sees the person sees it."""

    SEARCHED = True

    person = models.ForeignKey(Person, models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        if actor.is_system:
            return Q()
        visible = Person._base_manager.filter(Person.scope(actor), pk=OuterRef("person"))
        return Exists(visible)

    @property
    def scope_path(self) -> str:
        return self.person.scope_path


class Identifier(PersonalModel):
    """A number by which a person is known, of a kind, from a day to a day.

    The value is sealed; `digest` finds it, `shown` is the masked form for pages.
    """

    AUDIT_HIDDEN = frozenset({"sealed", "digest"})

    class Kind(models.TextChoices):
        IDENTITY = "identity", _("居民身份证")
        PASSPORT = "passport", _("护照与其他证件")
        PUPIL_NATIONAL = "pupil_national", _("全国学籍号")
        PUPIL_SHANGHAI = "pupil_shanghai_secondary", _("上海学籍副号")
        STAFF = "staff", _("教师号")

    kind = models.CharField(_("类别"), max_length=30, choices=Kind)
    sealed = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    shown = models.CharField(_("号码"), max_length=60)
    valid_from = models.DateField(_("起用日期"), null=True, blank=True)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)

    objects = ScopedManager.from_queryset(DatedQuerySet)()

    class Meta:
        verbose_name = _("个人号码")
        # Also a number that was given up leads to its holder.
        indexes = [models.Index(fields=["digest"], name="identifier_by_digest")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "digest"], condition=Q(valid_to__isnull=True), name="one_holder_of_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shown}"

    def opened(self) -> str:
        return keyring().open(bytes(self.sealed), self.kind)


class Membership(PersonalModel):
    """A person's part in an organisation, from a day to a day."""

    ABOUT = "person_id"

    class Role(models.TextChoices):
        PUPIL = "pupil", _("学生")
        TEACHER = "teacher", _("教师")
        CLASS_TEACHER = "class_teacher", _("班主任")
        CLERK = "clerk", _("学校管理员")
        HEAD = "head", _("校长")
        OFFICER = "officer", _("教育行政人员")
        AUDITOR = "auditor", _("审计员")
        OPERATOR = "operator", _("运维人员")
        PROVIDER = "provider", _("服务商人员")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(_("身份"), max_length=20, choices=Role)
    post = models.CharField(_("岗位或学科"), max_length=60, blank=True)
    valid_from = models.DateField(_("开始日期"))
    valid_to = models.DateField(_("结束日期"), null=True, blank=True)

    objects = ScopedManager.from_queryset(TieQuerySet)()

    class Meta:
        verbose_name = _("任职与就读")
        indexes = [
            models.Index(fields=["organisation", "role", "person"]),
            models.Index(fields=["person", "organisation"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="membership_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["person", "organisation", "role", "valid_from"], name="one_membership_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.organisation} · {self.get_role_display()}"

    @transaction.atomic(savepoint=False)
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        spread([self.person_id])
        self.person.moved()

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """The organisation decides, not the person: a school does not see what a pupil does elsewhere."""
        if actor.is_system:
            return Q()
        own = Q(person_id=actor.person_id) if actor.person_id is not None else Q(pk__in=())
        wards = Guardianship._base_manager.filter(live(), guardian_id=actor.person_id)
        if actor.gathers:
            return _together(
                cls, own, Q(person__in=wards.values("child")), in_sight(actor, "organisation__path")
            )
        return in_sight(actor, "organisation__path") | own | Exists(wards.filter(child=OuterRef("person")))

    @property
    def scope_path(self) -> str:
        return self.organisation.path


class Guardianship(ScopedModel):
    """Who answers for a child. Seen by whoever sees the child, and by the guardian."""

    SCOPE_FIELD = "child__memberships__organisation__path"
    SEARCHED = True
    ABOUT = "child_id"

    child = models.ForeignKey(Person, models.CASCADE, related_name="guardianships")
    guardian = models.ForeignKey(Person, models.CASCADE, related_name="wardships")
    relation = models.CharField(_("关系"), max_length=2)
    primary = models.BooleanField(_("主要联系人"), default=False)
    valid_from = models.DateField(_("开始日期"), null=True, blank=True)
    valid_to = models.DateField(_("结束日期"), null=True, blank=True)

    objects = ScopedManager.from_queryset(TieQuerySet)()

    class Meta:
        verbose_name = _("监护关系")
        constraints = [
            models.UniqueConstraint(
                fields=["child", "guardian"], condition=Q(valid_to__isnull=True), name="one_live_guardianship"
            ),
            models.CheckConstraint(condition=~Q(child=F("guardian")), name="nobody_guards_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.guardian} → {self.child}"

    @transaction.atomic(savepoint=False)
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        spread([self.child_id])
        self.guardian.moved()

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        if actor.is_system:
            return Q()
        own = (Q(guardian_id=actor.person_id), Q(child_id=actor.person_id))
        members = Membership._base_manager.filter(in_sight(actor, "organisation__path"))
        if actor.gathers:
            return _together(cls, *own, Q(child__in=members.values("person")))
        near = in_areas(actor, "child__areas") & any_of(members.filter(person=OuterRef("child")))
        return own[0] | own[1] | near

    @property
    def scope_path(self) -> str:
        return self.child.scope_path


def spread(persons: Iterable[int]) -> None:
    """Adds to these persons the districts of their memberships, and to their guardians all that they have.

    To be called in the transaction that writes a membership or guardianship. The children are held, so that a school
    and a guardian who come to one at the same moment hear of each other.
    """
    found: dict[int, int] = defaultdict(int)
    for part in _parts(sorted(set(persons))):
        children = Person._base_manager.filter(pk__in=part).order_by("pk").select_for_update(no_key=True)
        theirs = dict(children.values_list("pk", "areas"))
        places = Membership._base_manager.filter(person__in=part)
        for person, path in places.values_list("person_id", "organisation__path"):
            theirs[person] |= area(path)
        ties = Guardianship._base_manager.filter(child__in=part).values_list("guardian_id", "child_id")
        for person, child in [*ties, *zip(theirs, theirs, strict=True)]:
            found[person] |= theirs[child]
    alike: dict[int, list[int]] = defaultdict(list)
    for person in sorted(found):
        alike[found[person]].append(person)
    for areas, together in alike.items():
        for part in _parts(together):
            lacking = Person._base_manager.filter(LessThan(F("areas").bitand(areas), areas), pk__in=part)
            lacking.update(areas=F("areas").bitor(areas))


def _parts(keys: list[int], most: int = 900) -> list[list[int]]:
    return [keys[at : at + most] for at in range(0, len(keys), most)]


class PersonMerge(ScopedModel):
    """Two records found to be one person. `moved` is what undoing has to put back."""

    SCOPE_FIELD = "organisation_path"

    winner = models.ForeignKey(Person, models.CASCADE, related_name="merges_won")
    loser = models.ForeignKey(Person, models.CASCADE, related_name="merges_lost")
    reason = models.CharField(_("理由"), max_length=300)
    moved = models.JSONField(default=dict)
    organisation_path = models.CharField(max_length=120)
    at = models.DateTimeField(_("时间"))
    undone = models.DateTimeField(_("撤销时间"), null=True)

    class Meta:
        verbose_name = _("人员合并")

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.winner_id}"
