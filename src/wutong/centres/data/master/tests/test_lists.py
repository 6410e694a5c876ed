"""Long lists of who sees a district: walked from page to page, beginning in one's own area."""

import re

import pytest

from wutong.kernel.module import REGISTRY
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import SYSTEM
from wutong.kernel.register.queries import filtered
from wutong.kernel.testing.factories import SINCE, guardian, person

pytestmark = pytest.mark.django_db(databases="__all__")
PERSONS = "/registers/persons/"


@pytest.fixture
def many(small_town):
    """Sixty more pupils, so that one name runs over the end of a page."""
    for number in range(60):
        person("王同名" if number < 35 else f"陈{number}", small_town.place("second"), "pupil")
    return small_town


def persons_on(html: str) -> list[int]:
    return [int(key) for key in re.findall(r'<th scope="row"><a href="/registers/persons/(\d+)/"', html)]


def link(html: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', html)
    return found[1].replace("&amp;", "&") if found else ""


def walked(client, start: str, rel: str = "next") -> list[tuple[str, list[int]]]:
    pages, addresses = [], [start]
    for address in addresses:
        html = client.get(PERSONS + address).content.decode()
        pages.append((address, persons_on(html)))
        addresses += filter(None, [link(html, rel)])
    return pages


@pytest.mark.parametrize("narrowed", ["", "?sex=0"])
def test_the_pages_forth_and_back_are_the_whole_list_once(client, many, narrowed):
    client.force_login(many.account("officer"))
    register = REGISTRY.register("persons")
    whole = list(
        filtered(register, many.actor("officer"), {}).order_by("name", "pk").values_list("pk", flat=True)
    )
    forth = walked(client, narrowed)
    assert [pk for _address, keys in forth for pk in keys] == whole
    back = walked(client, forth[-1][0], "prev")
    assert [keys for _address, keys in reversed(back)] == [keys for _address, keys in forth]


def test_nobody_counts_for_a_district_but_a_school_is_told(client, many):
    client.force_login(many.account("officer"))
    assert "第 1–25 项</span>" in client.get(PERSONS).content.decode()
    client.force_login(many.account("clerk"))
    assert re.search(r"第 1–25 项，共 \d+ 项", client.get(PERSONS).content.decode())


def test_a_page_goes_on_where_it_was_although_others_came_and_went(client, many):
    client.force_login(many.account("officer"))
    first, second, *_rest = walked(client, "")
    person("丁先到", many.place("second"), "pupil")
    Person.objects.unscoped("test").filter(pk=first[1][0]).update(name="龚改名")
    assert persons_on(client.get(PERSONS + second[0]).content.decode()) == second[1]


@pytest.mark.parametrize("behind", ["999999999", "x", "9" * 30, "-1", ""])
def test_behind_nobody_a_page_is_the_one_of_its_number(client, many, behind):
    client.force_login(many.account("officer"))
    _first, second, *_rest = walked(client, "")
    for address in (f"?page=2&after={behind}", "?page=2"):
        assert persons_on(client.get(PERSONS + address).content.decode()) == second[1]
    assert client.get(f"{PERSONS}?page={'9' * 30}").status_code == 200


def test_behind_somebody_out_of_sight_the_list_tells_nothing(client, many):
    client.force_login(many.account("officer"))
    hidden = many.person("island_pupil").pk
    pages = [client.get(f"{PERSONS}?page=2{after}").content.decode() for after in (f"&after={hidden}", "")]
    assert persons_on(pages[0]) == persons_on(pages[1]) != []


def test_the_register_of_a_district_is_its_own_but_an_officers_child_elsewhere_is_still_seen(client, many):
    child = person("岛上孩子", many.place("island_first"), "pupil")
    people.set_guardianship(SYSTEM, child, guardian=many.person("officer"), relation="51", valid_from=SINCE)
    here, elsewhere = many.person("pupil").memberships, child.memberships
    keys = [rows.unscoped("test").get().pk for rows in (here, elsewhere)]
    client.force_login(many.account("officer"))
    seen = set()
    for number in range(1, 6):
        seen |= set(
            re.findall(
                r"/registers/memberships/(\d+)/",
                client.get(f"/registers/memberships/?page={number}").content.decode(),
            )
        )
    assert [str(key) in seen for key in keys] == [True, False]
    assert [client.get(f"/registers/memberships/{key}/").status_code for key in keys] == [200, 200]


def test_a_guardian_who_sees_no_area_keeps_the_childs_memberships(client, small_town):
    mother = guardian("钱妈妈", small_town.person("island_pupil"))
    register = REGISTRY.register("memberships")
    seen = filtered(register, actor_of(mother), {})
    assert [row.person for row in seen] == [small_town.person("island_pupil")]
