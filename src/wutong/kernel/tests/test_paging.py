"""The rows beyond a place, whatever a list is ordered by."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wutong.kernel.paging import beyond
from wutong.kernel.people.models import Person

rows = st.lists(
    st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("012"), st.sampled_from("ab")), max_size=9
)
orders = st.lists(st.sampled_from(["name", "-name", "sex", "-sex", "name_en", "-name_en"]), max_size=3)


@pytest.mark.django_db(databases="__all__")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows, orders, st.sampled_from(["pk", "-pk"]))
def test_before_and_after_a_row_are_the_two_parts_of_the_list(facts, order, last):
    order = [*order, last]
    Person.objects.unscoped("test").all().delete()
    for name, sex, name_en in facts:
        Person.objects.create(name=name, sex=sex, name_en=name_en)
    people = Person.objects.unscoped("test").order_by(*order)
    whole = list(people)
    for at, row in enumerate(whole):
        place = [getattr(row, field.lstrip("-")) for field in order]
        assert list(people.filter(beyond(order, place, "after"))) == whole[at + 1 :]
        assert list(people.filter(beyond(order, place, "before"))) == whole[:at]
