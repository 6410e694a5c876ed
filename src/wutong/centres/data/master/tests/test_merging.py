"""Two records of one person: compared, merged and parted again from the pages."""

import pytest
from django.utils import timezone

from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Identifier, Person
from wutong.kernel.policy import SYSTEM

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def twins(small_town):
    """The pupil, and a second record of the same child that was made by mistake."""
    pupil = small_town.person("pupil")
    double = small_town.person("classmate")
    people.set_identifier(SYSTEM, double, kind="staff", value="T20260001")
    return pupil, double


def test_compare_merge_and_take_back(client, small_town, twins):
    pupil, double = twins
    client.force_login(small_town.account("officer"))
    url = f"/master/persons/{pupil.pk}/merge/"
    shown = client.post(url, {"number": "T20260001"})
    assert (shown.status_code, double.name in shown.content.decode()) == (200, True)
    assert Person.objects.unscoped("test").get(pk=double.pk).merged_into is None
    client.post(url, {"number": "T20260001", "reason": "同一学生登记了两次", "confirm": "yes"})
    assert Person.objects.unscoped("test").get(pk=double.pk).merged_into == pupil
    assert Identifier.objects.unscoped("test").get(shown="T20****01").person == pupil
    merge = pupil.merges_won.unscoped("test").get()
    client.post(f"/master/merges/{merge.pk}/undo/")
    assert Identifier.objects.unscoped("test").get(shown="T20****01").person == double
    assert Person.objects.unscoped("test").get(pk=double.pk).merged_into is None


def test_a_guardian_of_both_stands_in_the_list_once(client, small_town, twins):
    pupil, double = twins
    mother = small_town.person("guardian")
    people.set_guardianship(SYSTEM, double, guardian=mother, relation="52", at=timezone.now())
    client.force_login(small_town.account("officer"))
    body = {"number": "T20260001", "reason": "同一学生登记了两次", "confirm": "yes"}
    assert children(client) == [pupil.pk, double.pk]
    client.post(f"/master/persons/{pupil.pk}/merge/", body)
    assert children(client) == [pupil.pk]
    client.post(f"/master/merges/{pupil.merges_won.unscoped('test').get().pk}/undo/")
    assert children(client) == [pupil.pk, double.pk]


def children(client):
    return sorted(row.child_id for row in client.get("/registers/guardianships/").context["page"].rows)


def test_a_merge_needs_a_reason(client, small_town, twins):
    pupil, double = twins
    client.force_login(small_town.account("officer"))
    response = client.post(f"/master/persons/{pupil.pk}/merge/", {"number": "T20260001", "confirm": "yes"})
    assert response.status_code == 422
    assert Person.objects.unscoped("test").get(pk=double.pk).merged_into is None


@pytest.mark.parametrize("who", ["clerk", "teacher", "guardian", "other_officer"])
def test_only_those_who_oversee_merge(client, small_town, twins, who):
    client.force_login(small_town.account(who))
    pupil, _double = twins
    assert client.get(f"/master/persons/{pupil.pk}/merge/").status_code == 404
    assert client.post(f"/master/persons/{pupil.pk}/merge/", {"number": "T20260001"}).status_code == 404
