from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master.actions import save_institution
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid, NotFound
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import Actor, over, predicate
from wutong.kernel.process.engine import is_holder, locked, open_case

FIELDS = ("name", "stages", "form", "nature", "address")


def facts(institution: Institution) -> dict[str, Any]:
    """What may be asked to change, as it stands."""
    return {
        "name": institution.organisation.name,
        **{name: getattr(institution, name) for name in FIELDS[1:]},
    }


@predicate
def may_edit_draft(actor: Actor, request: ChangeRequest) -> bool:
    return request.case.state == "draft" and is_holder(actor, request.case)


@action("change.ask", title=_("申请变更学校信息"), allow=over("clerk"))
def ask(
    actor: Actor, institution: Institution, *, proposed: dict[str, Any], reason: str, at: datetime
) -> ChangeRequest:
    """Opens a case in draft; the school's entry stays as it is until the city has filed it.

    The lock on the entry keeps two clerks from asking at the same moment.
    """
    Institution._base_manager.select_for_update().get(pk=institution.pk)
    if institution.organisation.parent.kind != "district":
        raise Invalid(_("市属单位没有区级审核，请直接与市教委联系变更。"))
    differing = _differing(institution, proposed)
    waiting = ChangeRequest.objects.unscoped("one request at a time").filter(
        organisation=institution.organisation, case__closed=None
    )
    if waiting.exists():
        raise Conflict(_("本校已有一件变更在办理中，请等办结或撤回后再申请。"))
    organisation = institution.organisation
    process = REGISTRY.process("change")
    case = open_case(actor, organisation, process=process, title=organisation.name, at=at)
    before = {name: facts(institution)[name] for name in differing}
    return create(
        ChangeRequest(case=case, organisation=organisation, before=before, proposed=differing, reason=reason)
    )


def own_school(actor: Actor) -> Institution:
    """A clerk's own; who keeps several begins with the first."""
    keys = [role.organisation_id for role in actor.roles if role.name == "clerk"]
    rows = Institution.objects.visible_to(actor).select_related("organisation__parent")
    institution = rows.filter(pk__in=keys).first()
    if institution is None:
        raise NotFound
    return institution


def ask_for_own(actor: Actor, *, at: datetime, reason: str, **proposed: Any) -> ChangeRequest:
    return ask(actor, own_school(actor), proposed=proposed, reason=reason, at=at)


@action("change.revise", title=_("修改变更申请"), allow=may_edit_draft)
def revise(
    actor: Actor, request: ChangeRequest, *, proposed: dict[str, Any], reason: str, at: datetime
) -> ChangeRequest:
    if locked(request.case).state != "draft":
        raise Conflict(_("申请已经提交，不能再修改；需要修改请先撤回，或请办理人退回。"))
    institution = Institution._base_manager.select_related("organisation").get(pk=request.organisation_id)
    differing = _differing(institution, proposed)
    before = {name: facts(institution)[name] for name in differing}
    return change(request, before=before, proposed=differing, reason=reason)


@predicate
def may_apply(actor: Actor, request: ChangeRequest) -> bool:
    """The last office on the way, when it has come there; never past the process."""
    return request.case.state == "city" and is_holder(actor, request.case)


@action("change.apply", title=_("变更生效"), allow=may_apply)
def apply(actor: Actor, request: ChangeRequest, *, at: datetime) -> Institution:
    """Writes what was asked, if the entry still says what it said when it was asked."""
    institution = Institution._base_manager.select_related("organisation__parent").get(
        pk=request.organisation_id
    )
    now = facts(institution)
    moved = [name for name, value in request.before.items() if now[name] != value]
    if moved:
        raise Conflict(_("申请之后学校信息已被修改，请退回学校核对后重新提交。"))
    return save_institution(actor, request.organisation, institution=institution, at=at, **request.proposed)


def _differing(institution: Institution, proposed: dict[str, Any]) -> dict[str, Any]:
    now = facts(institution)
    differing = {name: value for name, value in proposed.items() if name in FIELDS and value != now[name]}
    if not differing:
        raise Invalid(_("还没有改动任何一项。"))
    if "name" in differing and not differing["name"]:
        raise Invalid(_("学校名称不能空着。"), fields={"name": _("学校名称不能空着。")})
    return differing
