"""Hiding, sharing and asking for correction; each a person's own decision about their own record."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.api import DECIDES_ALONE, age
from wutong.kernel.action import action, create, note, remove
from wutong.kernel.action import change as changed
from wutong.kernel.errors import Conflict, Invalid, NotFound
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.people.rules import is_guardian, is_self
from wutong.kernel.policy import Actor, everyone, predicate
from wutong.kernel.process.engine import open_case, take
from wutong.platforms.learning.records.mine.models import Correction, Hiding, Share, ShareOpening
from wutong.platforms.learning.records.mine.record import Record
from wutong.platforms.learning.records.mine.words import KINDS, Entry

LONGEST_SHARE = timedelta(days=365)
MOST_SHARES = 20
owns_record = is_self | is_guardian


@predicate
def owns(actor: Actor, row: Hiding | Share) -> bool:
    return owns_record(actor, row.person)


def _in_turn(person: Person) -> None:
    """Two decisions about one record do not overtake each other."""
    Person._base_manager.select_for_update().get(pk=person.pk)


def entry_of(person: Person, statement: UUID) -> Entry:
    found = Record(person).entry(statement)
    if found is None:
        raise NotFound
    return found


@action("records.hide", title=_("隐藏一条学习记录"), allow=owns_record)
def hide(actor: Actor, person: Person, *, statement: UUID, at: datetime) -> Hiding:
    """From pages and shared links; the statement stays in the store. A second time changes nothing."""
    _in_turn(person)
    entry_of(person, statement)
    there = Hiding.objects.visible_to(actor).filter(person=person, statement=statement).first()
    return there or create(Hiding(person=person, statement=statement, at=at))


@action("records.unhide", title=_("重新显示一条学习记录"), allow=owns)
def unhide(actor: Actor, hiding: Hiding, *, at: datetime) -> Hiding:
    remove(hiding)
    return hiding


def may_show_others(actor: Actor, person: Person, at: datetime) -> bool:
    """Below 14 it is the guardian's decision (PIPL art. 31)."""
    years = age(person, timezone.localdate(at))
    return actor.person_id != person.pk or years is None or years >= DECIDES_ALONE


@action("records.share", title=_("分享学习记录"), allow=owns_record)
def share(
    actor: Actor, person: Person, *, shown_as: str, until: date, year: int | None, kind: str, at: datetime
) -> Share:
    if not may_show_others(actor, person, at):
        raise Invalid(_("未满十四周岁的，请让家长来分享。"))
    _in_turn(person)
    today = timezone.localdate(at)
    if not today <= until <= today + LONGEST_SHARE:
        sentence = _("请选择今天以后、一年以内的日期。")
        raise Invalid(sentence, fields={"until": sentence})
    if kind and kind not in KINDS:
        raise Invalid(fields={"kind": _("请从列表中选择。")})
    if (
        Share.objects.visible_to(actor).filter(person=person, revoked=None, until__gte=today).count()
        >= MOST_SHARES
    ):
        raise Conflict(_("有效的链接已经有二十个，请先停止不再需要的。"))
    return create(
        Share(person=person, shown_as=shown_as.strip(), until=until, year=year, kind=kind, created=at)
    )  # fmt: skip


@action("records.stop_sharing", title=_("停止分享学习记录"), allow=owns)
def stop_sharing(actor: Actor, share: Share, *, at: datetime) -> Share:
    return share if share.revoked else changed(share, revoked=at)


@action("records.open_share", title=_("打开分享的学习记录"), allow=everyone)
def open_share(actor: Actor, share: Share, *, at: datetime) -> ShareOpening:
    """Whoever has the link may; that it was opened is noted before anything is shown."""
    return create(ShareOpening(share=share, at=at))


_signer = Signer(salt="records.share")


def token_of(share: Share) -> str:
    """What stands in the link: nobody can make one up, and the table holds none."""
    return _signer.sign(str(share.pk)).replace(":", ".", 1)


def shared(token: str, at: datetime) -> Share:
    """The share behind a link. Unknown, stopped and run out are the same to whoever asks."""
    try:
        key = int(_signer.unsign(token.replace(".", ":", 1)))
    except (BadSignature, ValueError):
        raise NotFound from None
    rows = Share.objects.unscoped("whoever has the signed link").filter(pk=key, revoked=None)
    found = rows.filter(until__gte=timezone.localdate(at)).select_related("person").first()
    if found is None:
        raise NotFound
    return found


@action("records.take_away", title=_("带走全部学习记录"), allow=owns_record)
def take_away(actor: Actor, person: Person, *, at: datetime) -> None:
    """Journalled before the first byte leaves."""
    note(taken=True)


@action("records.ask_correction", title=_("申请更正学习记录"), allow=owns_record)
def ask_correction(actor: Actor, person: Person, *, statement: UUID, reason: str, at: datetime) -> Correction:
    """Goes to the organisation in whose store the statement is: the school, else the district or the city above it."""
    _in_turn(person)
    entry = entry_of(person, statement)
    waiting = Correction.objects.unscoped("one request at a time").filter(
        person=person, statement=statement, case__closed=None
    )
    if waiting.exists():
        raise Conflict(_("这条记录的更正申请正在办理，请在“我的办件”里查看进度。"))
    place = _keeper(Organisation.objects.unscoped("whose store it is").get(pk=entry.tenant))
    case = open_case(actor, place, process=REGISTRY.process("correction"), title=str(person), at=at)
    made = create(
        Correction(
            case=case, organisation_id=entry.tenant, person=person, statement=statement, reason=reason,
            told=entry.sentence[:600], software=entry.software,
        )
    )  # fmt: skip
    take(actor, case, step=f"to_{place.kind}", at=at)
    note(statement=str(statement))
    return made


def _keeper(organisation: Organisation) -> Organisation:
    """The nearest, upwards, that decides about corrections."""
    here = organisation
    while here.kind not in ("school", "district", "city") and here.parent is not None:
        here = here.parent
    return here
