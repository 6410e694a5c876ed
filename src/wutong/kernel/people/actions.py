"""The verbs of people and organisations. Every other room changes them through these."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create, note, remove, touch
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.event import emit
from wutong.kernel.people import numbers
from wutong.kernel.people.events import OrganisationChanged, PersonMerged, PersonUnmerged
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import (
    Guardianship,
    Identifier,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
    PersonMerge,
)
from wutong.kernel.people.persons import spread
from wutong.kernel.people.queries import guardianship_meant
from wutong.kernel.people.rules import keeps_records, may_see_numbers, oversees
from wutong.kernel.policy import Actor


@action("people.open_organisation", title=_("设立机构"), allow=keeps_records)
def open_organisation(
    actor: Actor, parent: Organisation, *, kind: str, name: str, at: datetime, **values: Any
) -> Organisation:
    organisation = create(Organisation(parent=parent, kind=kind, name=name, **values))
    emit(OrganisationChanged(organisation.pk))
    return organisation


@action("people.change_organisation", title=_("修改机构"), allow=keeps_records)
def change_organisation(
    actor: Actor, organisation: Organisation, *, at: datetime, **values: Any
) -> Organisation:
    """A new `parent` moves all that stands below; who moves it keeps both places."""
    parent = values.get("parent")
    if parent is not None:
        keeps_records.require(actor, parent)
        if parent.path.startswith(organisation.path):
            raise Invalid(_("机构不能移到自己的下级之下。"), fields={"parent": _("请选择别的上级机构。")})
    change(organisation, **values)
    if "parent" in values:
        organisation.settle()
        _touch_below(organisation)
    emit(OrganisationChanged(organisation.pk))
    return organisation


def _touch_below(organisation: Organisation) -> None:
    """Who sees whom goes by the place in the tree, and that has changed for all who stand below."""
    below = Organisation.objects.unscoped("all that moved").below(organisation.path)
    touch(Organisation, below.values_list("pk", flat=True))
    members = Membership.objects.unscoped("whose district it may be now").filter(organisation__in=below)
    spread(members.values_list("person_id", flat=True))
    members = Membership.objects.unscoped("likewise").filter(organisation__in=below)
    touch(Membership, members.values_list("pk", flat=True))


@action("people.set_organisation_code", title=_("登记机构代码"), allow=keeps_records)
def set_organisation_code(
    actor: Actor, organisation: Organisation, *, system: str, value: str, at: datetime
) -> OrganisationIdentifier | None:
    """Ends the code held before in the same system; an empty value only ends it."""
    held = OrganisationIdentifier.objects.unscoped("codes of one organisation and the holder of one code")
    now = held.filter(organisation=organisation, system=system, valid_to__isnull=True).first()
    if now and now.value == value:
        return now
    taken = held.filter(system=system, value=value, valid_to__isnull=True).first()
    if value and taken:
        raise Conflict(_("代码 %(code)s 已属于“%(name)s”。") % {"code": value, "name": taken.organisation})
    if now:
        change(now, valid_to=_day_before(timezone.localdate(at)))
    if not value:
        return None
    return create(
        OrganisationIdentifier(
            organisation=organisation, system=system, value=value, valid_from=timezone.localdate(at)
        )
    )


def _day_before(day: date) -> date:
    return day - timedelta(days=1)


@action("people.add_person", title=_("登记人员"), allow=keeps_records)
def add_person(actor: Actor, organisation: Organisation, *, name: str, at: datetime, **values: Any) -> Person:
    """`organisation` is where the person is first known; a membership is a step of its own."""
    return create(Person(name=name, **values))


@action("people.change_person", title=_("修改人员"), allow=keeps_records)
def change_person(actor: Actor, person: Person, *, at: datetime, **values: Any) -> Person:
    return change(person, **values)


@action("people.set_identifier", title=_("登记个人号码"), allow=keeps_records)
def set_identifier(
    actor: Actor,
    person: Person,
    *,
    kind: str,
    value: str,
    at: datetime,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Identifier:
    """Adds the number; one of the same kind still in force ends the day before. Sealed on disk."""
    value = value.strip().upper()
    digest = keyring().digest(value, kind)
    held = Identifier.objects.unscoped("numbers of one person and the holder of one number")
    own = held.filter(person=person, kind=kind, digest=digest).first()
    if own and own.valid_to == valid_to:
        return own
    if valid_to is None:
        if held.filter(kind=kind, digest=digest, valid_to__isnull=True).exists():
            raise Conflict(_("这个号码已登记在另一人名下，请核对，或申请合并两份记录。"))
        for old in held.filter(person=person, kind=kind, valid_to__isnull=True):
            change(old, valid_to=_day_before(valid_from or timezone.localdate(at)))
    if own:
        return change(own, valid_to=valid_to)
    shown = numbers.mask_identity(value) if kind == Identifier.Kind.IDENTITY else numbers.mask(value)
    sealed = keyring().seal(value, kind)
    return create(
        Identifier(
            person=person,
            kind=kind,
            sealed=sealed,
            digest=digest,
            shown=shown,
            valid_from=valid_from,
            valid_to=valid_to,
        )
    )


@action("people.reveal_identifier", title=_("查看完整号码"), allow=may_see_numbers)
def reveal_identifier(actor: Actor, identifier: Identifier, *, purpose: str, at: datetime) -> str:
    """The full number, and an entry in the journal that says who looked and what for."""
    if not purpose.strip():
        raise Invalid(_("请写明查看完整号码的用途。"), fields={"purpose": _("请写明用途。")})
    note(purpose=purpose.strip(), kind=identifier.kind)
    return identifier.opened()


@action("people.join", title=_("加入机构"), allow=keeps_records)
def join(
    actor: Actor,
    organisation: Organisation,
    *,
    person: Person,
    role: str,
    valid_from: date,
    at: datetime,
    valid_to: date | None = None,
    post: str = "",
) -> Membership:
    """Idempotent: the same person, role and first day is the same membership."""
    rows = Membership.objects.unscoped("the membership itself")
    row = rows.filter(person=person, organisation=organisation, role=role, valid_from=valid_from).first()
    if row:
        return change(row, valid_to=valid_to, post=post)
    return create(
        Membership(
            person=person,
            organisation=organisation,
            role=role,
            post=post,
            valid_from=valid_from,
            valid_to=valid_to,
        )
    )


@action("people.leave", title=_("离开机构"), allow=keeps_records)
def leave(actor: Actor, membership: Membership, *, last_day: date, at: datetime) -> Membership:
    if last_day < membership.valid_from:
        raise Invalid(_("结束日期不能早于开始日期。"), fields={"valid_to": _("不能早于开始日期。")})
    return change(membership, valid_to=last_day)


@action("people.set_guardianship", title=_("登记监护关系"), allow=keeps_records)
def set_guardianship(
    actor: Actor, child: Person, *, guardian: Person, relation: str, at: datetime, **values: Any
) -> Guardianship:
    if guardian.pk == child.pk:
        raise Invalid(_("监护人不能是本人。"))
    row = guardianship_meant(child, guardian, values.get("valid_from"), values.get("valid_to"))
    if row:
        return change(row, relation=relation, **values)
    return create(Guardianship(child=child, guardian=guardian, relation=relation, **values))


PERSONAL: tuple[tuple[type[Model], str], ...] = (
    (Identifier, "person_id"),
    (Membership, "person_id"),
    (Guardianship, "child_id"),
    (Guardianship, "guardian_id"),
)


@action("people.merge", title=_("合并人员"), allow=oversees)
def merge_persons(actor: Actor, winner: Person, *, loser: Person, reason: str, at: datetime) -> PersonMerge:
    """The loser's rows pass to the winner, and which they were is kept, so that it can be undone."""
    oversees.require(actor, loser)
    if winner.pk == loser.pk or winner.merged_into_id or loser.merged_into_id:
        raise Invalid(_("只能合并两份仍在使用的不同记录。"))
    if not reason.strip():
        raise Invalid(_("请写明合并理由。"), fields={"reason": _("请写明合并理由。")})
    path = winner.scope_path
    moved = {f"{m._meta.label}.{field}": _move(m, field, loser, winner) for m, field in PERSONAL}
    change(loser, merged_into=winner)
    merge = create(
        PersonMerge(winner=winner, loser=loser, reason=reason, moved=moved, organisation_path=path, at=at)
    )
    emit(PersonMerged(winner.pk, loser.pk, merge.pk))
    return merge


def _move(model: type[Model], field: str, loser: Person, winner: Person) -> list[int]:
    """Rows whose twin the winner already has stay with the loser: one fact is not kept twice."""
    moved = []
    for row in model._base_manager.filter(**{field: loser.pk}).order_by("pk"):
        if not _has_twin(row, field, winner):
            change(row, **{field: winner.pk})
            moved.append(row.pk)
    return moved


def _has_twin(row: Any, field: str, winner: Person) -> bool:
    others = type(row)._base_manager.filter(**{field: winner.pk})
    match row:
        case Membership():
            return others.filter(
                organisation=row.organisation, role=row.role, valid_from=row.valid_from
            ).exists()
        case Guardianship():
            other = "guardian_id" if field == "child_id" else "child_id"
            same = others.filter(**{other: getattr(row, other)}, valid_to=row.valid_to)
            return getattr(row, other) == winner.pk or same.exists()
    return False


@action("people.unmerge", title=_("撤销合并"), allow=oversees)
def unmerge_persons(actor: Actor, merge: PersonMerge, *, at: datetime) -> PersonMerge:
    if merge.undone:
        raise Conflict(_("这次合并已经撤销过。"))
    if merge.winner.merged_into_id:
        raise Conflict(_("保留的那份记录后来又并入了别的记录，请先撤销后面那次合并。"))
    for model, field in PERSONAL:
        pks = merge.moved.get(f"{model._meta.label}.{field}", [])
        for row in model._base_manager.filter(pk__in=pks):
            change(row, **{field: merge.loser_id})
    change(merge.loser, merged_into=None)
    change(merge, undone=at)
    emit(PersonUnmerged(merge.winner_id, merge.loser_id, merge.pk))
    return merge


@action("people.remove_membership", title=_("删除误录的任职或就读"), allow=keeps_records)
def remove_membership(actor: Actor, membership: Membership, *, at: datetime) -> None:
    """For what was never true; what has ended is ended with `leave`."""
    remove(membership)
