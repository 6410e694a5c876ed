"""Forms and lists of a register; what says which row it is cannot be changed by editing the row."""

import re

import pytest

from wutong.kernel.people.models import Membership

pytestmark = pytest.mark.django_db(databases="__all__")


def test_editing_a_membership_changes_it_and_makes_no_second(client, small_town):
    client.force_login(small_town.account("officer"))
    rows = Membership.objects.unscoped("test").filter(person=small_town.person("pupil"))
    before = list(rows.values_list("pk", "valid_from"))
    membership = rows.first()
    edited = client.post(
        f"/registers/memberships/{membership.pk}/edit/",
        {"post": "学习委员", "valid_from": "2001-01-01", "organisation": "别处", "valid_to": ""},
    )
    assert edited.status_code == 302
    assert list(rows.values_list("pk", "valid_from")) == before
    assert rows.get(pk=membership.pk).post == "学习委员"


def test_filters_of_a_list_go_to_its_export_and_not_into_the_search_of_the_house(client, small_town):
    client.force_login(small_town.account("city_officer"))
    shown = client.get("/registers/persons/?sex=1").content.decode()
    searches = re.findall(r'<form class="wt-find".*?value="(.*?)"', shown)
    export = re.search(r'action="/registers/persons/export.xlsx">.*?</form>', shown, re.DOTALL)
    assert (searches, 'name="sex" value="1"' in export[0]) == ([""], True)
