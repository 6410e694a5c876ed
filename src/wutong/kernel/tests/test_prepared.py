"""A question compiled once answers everybody as if it had been built for them alone."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wutong.kernel.module import REGISTRY
from wutong.kernel.notice.models import Delivery
from wutong.kernel.people.models import Guardianship, Identifier, Membership, Organisation, Person
from wutong.kernel.policy import ANONYMOUS, SYSTEM, Actor, Role
from wutong.kernel.prepared import Keys, Prepared, Text, counted
from wutong.kernel.process.models import Variant
from wutong.kernel.register.queries import filtered, page_of, picked
from wutong.kernel.scope import UnscopedQuery
from wutong.kernel.testing.conformance import scoped_models

pytestmark = pytest.mark.django_db(databases="__all__")
MODELS = scoped_models()


def visible(model: type, actor: Actor) -> QuerySet:
    return model.objects.visible_to(actor).order_by("pk").values_list("pk", flat=True)


def everybody(town) -> list[Actor]:
    return [*map(town.actor, town.persons), SYSTEM, ANONYMOUS]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_everybody_sees_the_rows_of_a_table_that_an_unprepared_question_shows(small_town, model):
    """Twice, the second time from the compiled question; and what one person asked leaves no trace in another's."""
    prepared = Prepared(visible)
    for _turn in range(2):
        for actor in everybody(small_town):
            assert prepared(model, actor) == list(visible(model, actor))


@pytest.mark.parametrize("name", [each.name for module in REGISTRY for each in module.registers])
def test_a_page_of_a_register_is_the_beginning_of_what_the_register_shows(small_town, name):
    register = REGISTRY.register(name)
    for actor in everybody(small_town):
        rows = list(filtered(register, actor, {}).order_by(*register.order))
        page = page_of(register, actor, {})
        counted = register.counted or not actor.sees_much
        assert (page.rows, page.total) == (rows[:25], len(rows) if counted else None)
        assert [register.record(row) for row in page.rows] == [register.record(row) for row in rows[:25]]


def test_rows_picked_by_key_keep_the_order_of_the_keys_and_leave_out_the_unseen(small_town):
    register, clerk = REGISTRY.register("persons"), small_town.actor("clerk")
    seen = [row.pk for row in filtered(register, clerk, {})]
    hidden = Person.objects.unscoped("all of them").exclude(pk__in=seen).first()
    asked = [seen[-1], hidden.pk, seen[0]]
    assert [row.pk for row in picked(register, clerk, *asked)] == [seen[-1], seen[0]]
    assert picked(register, clerk) == []


TREE = ("1", "1/2", "1/3", "1/2/4", "1/2/5", "1/2/4/7", "1/3/6", "1/3/6/8")
paths = st.sampled_from(["".join(key.zfill(8) for key in place.split("/")) for place in TREE])
roles = st.builds(Role, st.sampled_from(["officer", "clerk", "teacher", "pupil"]), st.integers(1, 9), paths)
actors = st.builds(
    Actor,
    st.integers(1, 9_999),
    st.just(""),
    st.lists(roles, max_size=4).map(tuple),
)


@given(asking=st.lists(actors, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_text_and_values_sent_are_those_of_the_plain_question(asking):
    """Whoever asks, and wherever their places lie to each other."""
    prepared = Prepared(visible)
    for actor in asking:
        for model in (Person, Organisation, Membership, Guardianship, Delivery):
            with capture() as first:
                list(visible(model, actor))
            with capture() as second:
                prepared(model, actor)
            assert second == first


class capture(list):
    """What the database is asked, with the values in their places."""

    def __enter__(self):
        self.wrapper = connections["default"].execute_wrapper(self._note)
        self.wrapper.__enter__()
        return self

    def __exit__(self, *error):
        self.wrapper.__exit__(*error)

    def _note(self, execute, sql, params, many, context):
        # A set of keys goes into the question in an order of its own.
        self.append((sql, sorted(map(str, params))))
        return execute(sql, params, many, context)


def test_keys_of_any_number_find_their_rows(small_town):
    persons = Prepared(lambda keys: Person.objects.unscoped("a test").filter(pk__in=keys).order_by("pk"))
    all_keys = [row.pk for row in Person.objects.unscoped("a test").order_by("pk")]
    for size in range(len(all_keys) + 1):
        assert [row.pk for row in persons(Keys(all_keys[:size]))] == all_keys[:size]


def test_a_count_is_one_row(small_town):
    actor = small_town.actor("officer")
    count = Prepared(lambda actor: counted(Person.objects.visible_to(actor).order_by("name")))
    assert count(actor) == [Person.objects.visible_to(actor).count()]
    assert count(small_town.actor("stranger")) == [1]


def test_what_is_not_a_comparison_with_an_argument_is_refused(small_town):
    rows = Membership.objects.unscoped("a test")
    refused = [
        (lambda key: rows.filter(organisation=key + 10_000), 5),
        (lambda day: rows.filter(valid_from__gt=day - timedelta(3)), date(2026, 9, 1)),
        (lambda actor: rows.filter(organisation__name=actor.roles[0].path + "!"), small_town.actor("clerk")),
        (lambda _key: Delivery.objects.unscoped("a test").filter(read_at__lt=timezone.now()), 5),
    ]
    for build, argument in refused:
        with pytest.raises(ImproperlyConfigured, match="compares with its arguments as they are"):
            Prepared(build)(argument)


@pytest.mark.postgres
def test_a_number_that_its_column_could_not_hold_as_a_mark_is_refused():
    """Django would take the mark for a value that is nowhere, and the question would never find anything."""
    rows = Variant.objects.unscoped("a test")
    with pytest.raises(ImproperlyConfigured, match="a column of less than 8 bytes"):
        Prepared(lambda year: rows.filter(year=year))(2026)
    assert Prepared(lambda key: rows.filter(pk=key))(1) == []
    assert Prepared(lambda key: rows.filter(pk=key, pk__in=()))(1) == []


def test_a_question_without_a_scope_is_not_prepared_either(small_town):
    with pytest.raises(UnscopedQuery):
        Prepared(lambda key: Person.objects.filter(pk=key))(1)


def test_tomorrow_is_asked_anew(small_town, monkeypatch):
    """Who is in force today stands in the question, not among its arguments."""
    numbers = Prepared(lambda: Identifier.objects.unscoped("a test").on(date.today()))
    numbers()

    class Tomorrow(date):
        @classmethod
        def today(cls):
            return date(2031, 1, 1)

    for module in ("wutong.kernel.prepared", __name__):
        monkeypatch.setattr(f"{module}.date", Tomorrow)
    with capture() as asked:
        numbers()
    assert asked[0][1] == ["2031-01-01", "2031-01-01"]


def named(name: str) -> QuerySet:
    return Person.objects.unscoped("a person by name").filter(name=name).values_list("name", flat=True)


def test_a_text_is_asked_with_as_it_is(small_town, django_assert_num_queries):
    """One question for all names, whatever stands in them."""
    prepared = Prepared(named)
    with django_assert_num_queries(4) as asked:
        found = [prepared(Text(name)) for name in ("李小梅", "赵一鸣", "李%", "' OR ''='")]
    assert found == [["李小梅"], ["赵一鸣"], [], []]
    assert (
        len(
            {query["sql"].replace("李小梅", "").replace("赵一鸣", "") for query in asked.captured_queries[:2]}
        )
        == 1
    )


def test_a_text_in_disguise_is_refused(small_town):
    with pytest.raises(ImproperlyConfigured):
        Prepared(lambda name: named(name.upper() + "x"))(Text("a"))
