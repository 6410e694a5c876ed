"""Every state, every step, everybody: allowed or refused as the table here says, in actions and on pages."""

import pytest
from django.db import transaction
from django.urls import reverse

from wutong.centres.data.master.models import Institution
from wutong.centres.data.master.tests.changes import NEW_ADDRESS, STEPS, WAY, again, case_in, school
from wutong.kernel.errors import NotAllowed, WutongError
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import ANONYMOUS
from wutong.kernel.process.engine import delegate, take
from wutong.kernel.process.queries import open_steps
from wutong.kernel.testing.factories import account, person, place

pytestmark = pytest.mark.django_db(databases="__all__")

CLERKS = {"withdraw": "clerk"}
# State, step, and the one of everybody below who may take it.
MAY = {
    "draft": {"submit": "clerk", **CLERKS},
    "head": {"confirm": "head", "return": "head", **CLERKS},
    "district": {"agree": "officer", "return": "officer", "refuse": "officer", **CLERKS},
    "city": {"file": "city_officer", "return": "city_officer", "refuse": "city_officer"},
    "effective": {},
    "refused": {},
    "withdrawn": {},
}
LEADS = {
    "submit": "head",
    "confirm": "district",
    "agree": "city",
    "file": "effective",
    "return": "draft",
    "refuse": "refused",
    "withdraw": "withdrawn",
}
EVERYBODY = (
    "clerk", "head", "officer", "city_officer", "other_officer", "other_clerk", "island_clerk", "teacher",
    "class_teacher", "pupil", "guardian", "auditor", "operator", "former", "stranger",
)  # fmt: skip
SEE = {"clerk", "head", "officer", "city_officer", "auditor"}
# Who holds each state, and a colleague to hand it over to: name, place, role.
COLLEAGUES = {
    "draft": ("clerk", "严副务", "gaoan", "clerk"),
    "head": ("head", "严副校", "gaoan", "head"),
    "district": ("officer", "严区员", "xuhui", "officer"),
    "city": ("city_officer", "严市员", "city", "officer"),
}


@pytest.fixture
def town(small_town):
    school(small_town)
    return small_town


def attempt(actor, case, step):
    """Where it leads, or the code of the refusal; undone afterwards."""
    try:
        with transaction.atomic():
            state = take(actor, case, step=step, comment="理由").state
            transaction.set_rollback(True)
            return state
    except WutongError as error:
        return error.code


def expected(state, step, who):
    if step not in MAY[state]:
        return "conflict"
    return LEADS[step] if MAY[state][step] == who else "not_allowed"


@pytest.mark.parametrize("state", WAY)
def test_each_step_is_for_whom_it_is_declared_and_for_nobody_else(town, state):
    case = case_in(town, state)
    actors = {who: town.actor(who) for who in EVERYBODY}
    found = {(step, who): attempt(actor, case, step) for step in STEPS for who, actor in actors.items()}
    assert {attempt(ANONYMOUS, case, step) for step in STEPS} == {"not_allowed"}
    assert found == {(step, who): expected(state, step, who) for step in STEPS for who in EVERYBODY}


@pytest.mark.parametrize("state", WAY)
def test_the_buttons_are_the_steps_one_may_take(town, state):
    case = case_in(town, state)
    found = {who: {step.name for step in open_steps(town.actor(who), case)} for who in EVERYBODY}
    assert found == {who: {step for step, by in MAY[state].items() if by == who} for who in EVERYBODY}


@pytest.mark.parametrize("state", COLLEAGUES)
def test_once_handed_over_the_delegate_acts_and_the_others_of_the_role_do_not(town, state):
    holder, name, where, role = COLLEAGUES[state]
    colleague = person(name, town.place(where), role)
    case = case_in(town, state)
    case = delegate(town.actor(holder), case, person=colleague)
    steps = {step for step, by in MAY[state].items() if by == holder and step != "withdraw"}
    assert {attempt(actor_of(colleague), case, step) for step in steps} == {LEADS[step] for step in steps}
    assert {attempt(town.actor(who), case, step) for step in steps for who in EVERYBODY} == {"not_allowed"}


@pytest.mark.parametrize("state", WAY)
def test_pages_open_for_those_who_may_and_are_not_there_for_others(town, state, client):
    case = case_in(town, state)
    found = {}
    for who in EVERYBODY:
        client.force_login(town.account(who))
        found[who, ""] = client.get(reverse("process:case", args=[case.number])).status_code
        for step in STEPS:
            found[who, step] = client.get(reverse("process:step", args=[case.number, step])).status_code
    pages = {(who, ""): 200 if who in SEE else 404 for who in EVERYBODY}
    steps = {(who, step): 200 if MAY[state].get(step) == who else 404 for who in EVERYBODY for step in STEPS}
    assert found == pages | steps


@pytest.mark.parametrize("state", ["head", "effective"])
def test_what_is_sent_to_a_step_page_is_refused_as_the_step_is(town, state, client):
    case = case_in(town, state)
    found = {}
    for who in ("clerk", "officer", "auditor", "other_clerk", "stranger"):
        client.force_login(town.account(who))
        for step in ("confirm", "agree"):
            url = reverse("process:step", args=[case.number, step])
            found[who, step] = client.post(url, {"comment": "理由"}).status_code
    assert found == {
        (who, step): 404
        if who in ("other_clerk", "stranger") or (state == "head" and step == "confirm")
        else 409
        for who, step in found
    }
    assert again(case).state == state


def test_a_case_that_is_not_there_and_one_that_may_not_be_seen_look_the_same(town, client):
    case = case_in(town, "district")
    client.force_login(town.account("other_officer"))
    answers = []
    for number in (case.number, "BG-2026-999999"):
        for name, more in (("case", ()), ("step", ("agree",)), ("delegate", ())):
            response = client.get(reverse(f"process:{name}", args=[number, *more]))
            answers.append((response.status_code, case.title in response.content.decode()))
    assert set(answers) == {(404, False)}


def test_an_unknown_step_is_not_there(town, client):
    case = case_in(town, "district")
    client.force_login(town.account("officer"))
    url = reverse("process:step", args=[case.number, "approve"])
    assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]


def test_delegates_page_is_for_the_holder(town, client):
    case = case_in(town, "district")
    url = reverse("process:delegate", args=[case.number])
    found = {}
    for who in EVERYBODY:
        client.force_login(town.account(who))
        found[who] = client.get(url).status_code
    assert found == {who: 200 if who == "officer" else 404 for who in EVERYBODY}


@pytest.mark.parametrize(
    ("name", "where", "role"),
    [
        ("外区员", "chongming", "officer"),
        ("市里员", "city", "officer"),
        ("校务员", "gaoan", "clerk"),
        ("", "", ""),
    ],
)
def test_a_matter_is_handed_to_colleagues_only(town, name, where, role, client):
    case = case_in(town, "district")
    other = person(name, town.place(where), role) if name else town.person("stranger")
    with pytest.raises(NotAllowed):
        delegate(town.actor("officer"), case, person=other)
    client.force_login(town.account("officer"))
    response = client.post(reverse("process:delegate", args=[case.number]), {"person": other.pk})
    assert (response.status_code, again(case).delegate_id) == (422, None)


def test_a_colleague_in_an_office_of_the_city_files_what_was_handed_over(town, client):
    office = place(town.place("city"), "bureau", "基础教育处")
    colleague = person("严处员", office, "officer")
    login = account(colleague, "office")
    case = case_in(town, "city")
    client.force_login(login)
    page = reverse("process:case", args=[case.number])
    assert client.get(page).status_code == 404
    client.force_login(town.account("city_officer"))
    assert (
        client.post(reverse("process:delegate", args=[case.number]), {"person": colleague.pk}).status_code
        == 302
    )
    client.force_login(login)
    assert client.get(page).status_code == 200
    response = client.post(reverse("process:step", args=[case.number, "file"]))
    assert (response.status_code, response.url, again(case).state) == (
        302,
        reverse("process:inbox"),
        "effective",
    )
    assert Institution._base_manager.get(pk=town.place("gaoan").pk).address == NEW_ADDRESS


def test_the_next_step_goes_to_the_role_again(town):
    colleague = person("严区员", town.place("xuhui"), "officer")
    case = delegate(town.actor("officer"), case_in(town, "district"), person=colleague)
    case = take(actor_of(colleague), case, step="agree")
    assert (case.delegate_id, case.holder, case.holder_role) == (None, town.place("city"), "officer")
    case = take(town.actor("city_officer"), case, step="return", comment="缺附件")
    case = take(town.actor("head"), take(town.actor("clerk"), case, step="submit"), step="confirm")
    assert attempt(town.actor("officer"), case, "agree") == "city"


def test_who_looked_at_an_old_page_cannot_hand_over_what_has_gone_on(town):
    old = case_in(town, "district")
    colleague = person("严区员", town.place("xuhui"), "officer")
    take(town.actor("officer"), old, step="agree")
    with pytest.raises(NotAllowed):
        delegate(town.actor("officer"), old, person=colleague)
    assert again(old).delegate_id is None
