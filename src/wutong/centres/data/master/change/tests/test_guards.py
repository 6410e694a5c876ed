"""What a school's change must not let through: unread versions, people who have left, ways past the process."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from wutong.centres.data.master.change import actions
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.centres.data.master.tests.changes import ADDRESS, NEW_ADDRESS, WAY, again, case_in, school
from wutong.kernel.errors import Conflict, NotAllowed
from wutong.kernel.people.models import Membership
from wutong.kernel.people.queries import actor_of
from wutong.kernel.process.engine import last_move, take
from wutong.kernel.process.receipts import check_code
from wutong.kernel.testing.factories import person

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def town(small_town):
    school(small_town)
    return small_town


def request_of(case):
    return ChangeRequest._base_manager.select_related("case__holder", "organisation").get(pk=case.pk)


def send_back_and_change(town, case, address):
    take(town.actor("officer"), case, step="return", comment="请写门牌号")
    actions.revise(town.actor("clerk"), request_of(case), proposed={"address": address}, reason="更正")
    for who, step in WAY["district"]:
        take(town.actor(who), case, step=step)


def test_what_came_back_changed_is_not_agreed_to_from_an_old_page(town, client):
    case = case_in(town, "district")
    client.force_login(town.account("officer"))
    url = reverse("process:step", args=[case.number, "agree"])
    old = client.get(url).context["form"]["seen"].value()
    send_back_and_change(town, case, "另一个地址1号")
    assert client.post(url, {"comment": "", "seen": old}).status_code == 409
    assert again(case).state == "district"
    new = client.get(url).context["form"]["seen"].value()
    assert client.post(url, {"comment": "", "seen": new}).status_code == 302
    assert again(case).state == "city"


def test_a_program_may_say_what_it_has_seen(town):
    case = case_in(town, "district")
    seen = last_move(case)
    send_back_and_change(town, case, "另一个地址1号")
    with pytest.raises(Conflict):
        take(town.actor("officer"), case, step="agree", seen=seen)
    assert take(town.actor("officer"), case, step="agree", seen=last_move(case)).state == "city"


@pytest.mark.parametrize("where", ["xuhui", "city", "chongming", "xiangyang"])
@pytest.mark.parametrize("state", ["draft", "head", "district"])
def test_a_clerk_of_another_office_does_not_withdraw_for_the_school(town, state, where):
    case = case_in(town, state)
    outsider = actor_of(person("局文员", town.place(where), "clerk"))
    with pytest.raises(NotAllowed):
        take(outsider, case, step="withdraw")
    assert again(case).state == state


def test_a_colleague_may_withdraw_and_who_has_left_may_not(town):
    case = case_in(town, "district")
    colleague = actor_of(person("高接任", town.place("gaoan"), "clerk"))
    posts = Membership._base_manager.filter(person=town.person("clerk"))
    posts.update(valid_to=timezone.localdate() - timedelta(days=1))
    with pytest.raises(NotAllowed):
        take(town.actor("clerk"), case, step="withdraw")
    assert take(colleague, case, step="withdraw").state == "withdrawn"


@pytest.mark.parametrize("state", WAY)
@pytest.mark.parametrize("who", ["clerk", "head", "officer", "other_officer", "auditor", "city_officer"])
def test_a_change_takes_effect_at_the_end_of_its_way_only(town, state, who):
    case = case_in(town, state)
    entry = Institution._base_manager.get(pk=case.organisation_id)
    if (state, who) == ("city", "city_officer"):
        assert actions.apply(town.actor(who), request_of(case)).address == NEW_ADDRESS
    else:
        with pytest.raises(NotAllowed):
            actions.apply(town.actor(who), request_of(case))
        assert again(entry).address == entry.address == (NEW_ADDRESS if state == "effective" else ADDRESS)


def test_progress_tells_where_it_stands_and_nothing_of_what_is_in_it(town, client):
    cache.clear()
    case = case_in(town, "district")
    url = reverse("process:progress")
    response = client.post(url, {"number": f" {case.number.lower()} ", "code": check_code(case)})
    text = response.content.decode()
    assert (response.status_code, "区级审核" in text) == (200, True)
    assert [
        word for word in (case.title, ADDRESS, NEW_ADDRESS, "迁入新校舍", "高校长", "徐区办") if word in text
    ] == []
