"""A change of a school's entry: asked, corrected, withdrawn, refused, filed; on the pages a school uses."""

import re
from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from wutong.centres.data.master.actions import save_institution
from wutong.centres.data.master.change import actions
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.centres.data.master.tests.changes import ADDRESS, NEW_ADDRESS, WAY, again, ask, case_in, school
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Conflict, Invalid, NotAllowed
from wutong.kernel.policy import SYSTEM
from wutong.kernel.process.engine import take
from wutong.kernel.process.models import Case, CaseEvent

pytestmark = pytest.mark.django_db(databases="__all__")
OPEN = [state for state in WAY if state not in ("effective", "refused", "withdrawn")]


@pytest.fixture
def town(small_town):
    school(small_town)
    return small_town


@pytest.fixture
def entry(town):
    return lambda: Institution._base_manager.select_related("organisation").get(pk=town.place("gaoan").pk)


def signed_in(client, town, who):
    client.force_login(town.account(who))
    return client


def page(case, name="case", *more):
    return reverse(f"process:{name}", args=[case.number, *more])


def filled(entry, **changed):
    """The form as the page shows it, with these fields changed."""
    now = {"name": entry.organisation.name, "stages": entry.stages, "form": entry.form}
    return now | {"nature": entry.nature, "address": entry.address, "reason": "迁入新校舍"} | changed


@pytest.mark.parametrize(
    "who", ["head", "officer", "city_officer", "other_clerk", "teacher", "stranger", "former"]
)
def test_only_the_schools_own_clerk_asks(town, entry, who):
    with pytest.raises(NotAllowed):
        actions.ask(town.actor(who), entry(), proposed={"address": NEW_ADDRESS}, reason="迁址")
    assert Case._base_manager.count() == 0


@pytest.mark.parametrize(
    "who", ["head", "officer", "city_officer", "other_clerk", "teacher", "stranger", "former"]
)
def test_the_form_is_not_there_for_others(town, client, who):
    assert signed_in(client, town, who).get(reverse("master:change_start")).status_code == 404


def test_a_clerk_asks_on_the_page_and_the_entry_stays_as_it_was(town, entry, client):
    signed_in(client, town, "clerk")
    url = reverse("master:change_start")
    assert ADDRESS in client.get(url).content.decode()
    response = client.post(url, filled(entry(), address=NEW_ADDRESS))
    request = ChangeRequest._base_manager.select_related("case").get()
    assert (response.status_code, response.url) == (302, page(request.case))
    assert (request.before, request.proposed) == ({"address": ADDRESS}, {"address": NEW_ADDRESS})
    assert (request.case.state, request.case.applicant_id) == ("draft", town.person("clerk").pk)
    assert entry().address == ADDRESS


def test_a_form_in_which_nothing_was_changed_is_refused(town, entry, client):
    response = signed_in(client, town, "clerk").post(reverse("master:change_start"), filled(entry()))
    assert response.status_code == 422
    assert "还没有改动任何一项。" in response.content.decode()
    assert Case._base_manager.count() == 0


@pytest.mark.parametrize("field", ["name", "stages", "reason"])
def test_what_must_be_said_cannot_be_left_empty(town, entry, client, field):
    response = signed_in(client, town, "clerk").post(
        reverse("master:change_start"), filled(entry(), **{"address": NEW_ADDRESS, field: ""})
    )
    assert (response.status_code, set(response.context["form"].errors)) == (422, {field})


def test_facts_that_may_stand_empty_can_be_emptied(town, entry, client):
    response = signed_in(client, town, "clerk").post(
        reverse("master:change_start"), filled(entry(), nature="", address="")
    )
    assert response.status_code == 302
    case = Case._base_manager.get()
    for who, step in WAY["effective"]:
        take(town.actor(who), case, step=step)
    assert (entry().nature, entry().address, entry().form) == ("", "", "")


def test_a_name_cannot_be_taken_away(town, entry):
    with pytest.raises(Invalid) as raised:
        actions.ask(town.actor("clerk"), entry(), proposed={"name": ""}, reason="改名")
    assert set(raised.value.fields) == {"name"}


@pytest.mark.parametrize("state", OPEN)
def test_a_second_request_waits_for_the_first(town, client, entry, state):
    case_in(town, state)
    with pytest.raises(Conflict):
        ask(town, nature="private")
    response = signed_in(client, town, "clerk").post(
        reverse("master:change_start"), filled(entry(), address="淮海路1号")
    )
    assert response.status_code == 422
    assert "本校已有一件变更在办理中" in response.content.decode()
    assert Case._base_manager.count() == 1


@pytest.mark.parametrize("state", ["effective", "refused", "withdrawn"])
def test_once_the_first_is_closed_another_may_be_asked(town, state):
    case_in(town, state)
    assert ask(town, nature="private").case.state == "draft"


def test_the_request_of_one_school_holds_up_no_other(town):
    school(town, "xiangyang")
    first, second = ask(town).case, ask(town, clerk="other_clerk").case
    assert {first.organisation, second.organisation} == {town.place("gaoan"), town.place("xiangyang")}


@pytest.mark.parametrize("comment", ["", "   "])
@pytest.mark.parametrize(
    ("state", "who"), [("head", "head"), ("district", "officer"), ("city", "city_officer")]
)
def test_who_sends_back_must_say_why(town, client, state, who, comment):
    case = case_in(town, state)
    with pytest.raises(Invalid) as raised:
        take(town.actor(who), case, step="return", comment=comment)
    assert set(raised.value.fields) == {"comment"}
    response = signed_in(client, town, who).post(page(case, "step", "return"), {"comment": comment})
    assert (response.status_code, set(response.context["form"].errors)) == (422, {"comment"})
    text = response.content.decode()
    assert "请写明理由，对方会看到。" in text
    assert re.search(r'href="#[^"]*comment"', text), "the summary leads to the field"
    assert again(case).state == state


def test_sent_back_corrected_and_sent_again(town, client, entry):
    case = case_in(town, "district")
    response = signed_in(client, town, "officer").post(
        page(case, "step", "return"), {"comment": "请写门牌号"}
    )
    assert (response.status_code, response.url) == (302, page(case))
    signed_in(client, town, "clerk")
    assert "请写门牌号" in client.get(page(case)).content.decode()
    revise = reverse("master:change_revise", args=[case.pk])
    assert NEW_ADDRESS in client.get(revise).content.decode()
    assert client.post(revise, filled(entry(), address="康平路205号甲")).status_code == 302
    for who, step in WAY["effective"]:
        assert signed_in(client, town, who).post(page(case, "step", step)).status_code == 302
    assert entry().address == "康平路205号甲"
    steps = CaseEvent._base_manager.filter(case=case).values_list("step", flat=True)
    assert list(steps) == [
        "open", "submit", "confirm", "return", "submit", "confirm", "agree", "file"
    ]  # fmt: skip


@pytest.mark.parametrize("state", WAY)
@pytest.mark.parametrize("who", ["clerk", "head", "officer", "other_clerk"])
def test_only_a_draft_is_revised_and_only_by_its_clerk(town, client, entry, state, who):
    case = case_in(town, state)
    response = signed_in(client, town, who).get(reverse("master:change_revise", args=[case.pk]))
    assert response.status_code == (200 if (state, who) == ("draft", "clerk") else 404)


def test_a_draft_that_was_submitted_meanwhile_is_not_revised(town):
    request = ask(town)
    take(town.actor("clerk"), request.case, step="submit")
    with pytest.raises(Conflict):
        actions.revise(town.actor("clerk"), request, proposed={"address": "淮海路1号"}, reason="换一处")
    assert again(request).proposed == {"address": NEW_ADDRESS}


@pytest.mark.parametrize("state", ["draft", "head", "district"])
def test_withdrawn_until_the_district_has_agreed(town, client, entry, state):
    case = case_in(town, state)
    assert signed_in(client, town, "clerk").post(page(case, "step", "withdraw")).status_code == 302
    case = again(case)
    assert (case.state, case.outcome, case.holder, case.due) == ("withdrawn", "withdrawn", None, None)
    assert case.closed is not None
    assert entry().address == ADDRESS


@pytest.mark.parametrize("state", ["city", "effective", "refused", "withdrawn"])
def test_later_it_is_not_withdrawn(town, client, state):
    case = case_in(town, state)
    assert signed_in(client, town, "clerk").get(page(case, "step", "withdraw")).status_code == 404
    assert client.post(page(case, "step", "withdraw")).status_code == 409
    assert again(case).state == state


@pytest.mark.parametrize(("state", "who"), [("district", "officer"), ("city", "city_officer")])
def test_refused_with_a_reason_and_nothing_is_written(town, client, entry, state, who):
    case = case_in(town, state)
    signed_in(client, town, who)
    assert client.post(page(case, "step", "refuse"), {"comment": ""}).status_code == 422
    assert client.post(page(case, "step", "refuse"), {"comment": "地址有误"}).status_code == 302
    case = again(case)
    assert (case.state, case.outcome, entry().address) == ("refused", "refused", ADDRESS)
    assert "地址有误" in signed_in(client, town, "clerk").get(page(case)).content.decode()


def test_a_refused_case_shows_only_where_it_has_been(town, client):
    case = case_in(town, "refused")
    shown = signed_in(client, town, "clerk").get(page(case)).context["path"]
    assert [(str(each["title"]), each["state"]) for each in shown] == [
        ("学校填报", "done"), ("校长确认", "done"), ("区级审核", "done"), ("不同意", "done")
    ]  # fmt: skip


def test_filed_it_takes_effect_and_stands_in_the_history_of_the_register(town, client, entry):
    case = case_in(town, "city", name="高安路小学", address=NEW_ADDRESS, nature="private")
    version = entry().version
    assert signed_in(client, town, "city_officer").post(page(case, "step", "file")).status_code == 302
    now = entry()
    assert (now.organisation.name, now.address, now.nature) == ("高安路小学", NEW_ADDRESS, "private")
    assert (now.stages, now.source, now.version) == (["primary"], "学校填报", version + 1)
    line = AuditEntry._base_manager.get(action="master.save_institution", subject_id=str(now.pk))
    assert line.actor_id == town.person("city_officer").pk
    assert line.changes == {
        "institution.address": [ADDRESS, NEW_ADDRESS],
        "institution.nature": ["public", "private"],
    }
    response = client.get(reverse("register:history", args=["organisations", now.pk]))
    assert [each.action for each in response.context["entries"]][:1] == ["master.save_institution"]
    assert NEW_ADDRESS in response.content.decode()


def test_only_what_was_asked_is_written(town, entry):
    case = case_in(town, "city")
    save_institution(SYSTEM, entry().organisation, institution=entry(), nature="private", source="核对")
    take(town.actor("city_officer"), case, step="file")
    assert (entry().address, entry().nature, entry().source) == (NEW_ADDRESS, "private", "核对")


def test_an_entry_that_was_changed_meanwhile_is_not_written_over(town, client, entry):
    case = case_in(town, "city", address=NEW_ADDRESS, nature="private")
    save_institution(town.actor("officer"), entry().organisation, institution=entry(), address="区里改的地址")
    before, events = again(entry()).version, CaseEvent._base_manager.count()
    journal = AuditEntry._base_manager.count()
    with pytest.raises(Conflict):
        take(town.actor("city_officer"), case, step="file")
    assert signed_in(client, town, "city_officer").post(page(case, "step", "file")).status_code == 409
    assert (entry().address, entry().nature, entry().version) == ("区里改的地址", "public", before)
    assert (again(case).state, CaseEvent._base_manager.count()) == ("city", events)
    assert AuditEntry._base_manager.count() == journal


def test_what_was_changed_meanwhile_can_be_sent_back_and_asked_anew(town, entry):
    case = case_in(town, "city")
    save_institution(town.actor("officer"), entry().organisation, institution=entry(), address="区里改的地址")
    take(town.actor("city_officer"), case, step="return", comment="请核对")
    request = ChangeRequest._base_manager.select_related("case__organisation").get(pk=case.pk)
    actions.revise(town.actor("clerk"), request, proposed={"address": NEW_ADDRESS}, reason="已核对")
    for who, step in WAY["effective"]:
        take(town.actor(who), case, step=step)
    assert entry().address == NEW_ADDRESS


def test_the_case_shows_before_and_after_to_those_on_its_way(town, client):
    case = case_in(town, "district")
    for who in ("clerk", "head", "officer", "city_officer"):
        text = signed_in(client, town, who).get(page(case)).content.decode()
        assert ADDRESS in text and NEW_ADDRESS in text


def test_the_home_of_the_clerk_offers_to_begin_and_nobody_elses_does(town, client):
    for who in ("clerk", "head", "officer", "teacher"):
        text = signed_in(client, town, who).get(reverse("portal:home")).content.decode()
        assert (reverse("master:change_start") in text) == (who == "clerk")


def test_deadlines_are_those_of_the_declaration(town):
    monday = timezone.make_aware(datetime(2026, 11, 23, 9, 30))
    due = {}
    for state in OPEN:
        case = case_in(town, state, at=monday)
        due[state] = timezone.localtime(case.due).strftime("%m-%d %H:%M") if case.due else None
        take(SYSTEM, case, step="withdraw" if state != "city" else "refuse", comment="收回", at=monday)
    assert due == {"draft": None, "head": "11-25 17:00", "district": "11-30 17:00", "city": "11-26 17:00"}


def test_what_came_back_changed_is_not_agreed_to_from_an_old_page(town, client, entry):
    case = case_in(town, "district")
    seen = signed_in(client, town, "officer").get(page(case, "step", "agree")).context["form"]["seen"].value()
    take(town.actor("officer"), case, step="return", comment="请改")
    request = ChangeRequest._base_manager.select_related("case__organisation").get(pk=case.pk)
    actions.revise(town.actor("clerk"), request, proposed={"nature": "private"}, reason="另一件事")
    for who, step in WAY["district"]:
        take(town.actor(who), case, step=step)
    assert client.post(page(case, "step", "agree"), {"seen": seen}).status_code == 409
    assert again(case).state == "district"
    now = client.get(page(case, "step", "agree")).context["form"]["seen"].value()
    assert client.post(page(case, "step", "agree"), {"seen": now}).status_code == 302
