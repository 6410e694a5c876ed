"""On PostgreSQL the server keeps the plan of a question that comes again and again."""

from typing import Any

import psycopg
import pytest
from django.db import NotSupportedError, connection
from django.db.models import QuerySet

from wutong.config.databases import postgresql
from wutong.config.postgresql.base import DatabaseWrapper
from wutong.kernel.people.models import Person
from wutong.kernel.prepared import Keys, Prepared, Text

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
ADDRESS = "postgresql://wutong@127.0.0.1:1/town"
PLANNED = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s"


def people(key: int) -> QuerySet:
    return Person.objects.unscoped("a test").filter(pk=key).values_list("name", flat=True)


def named(name: str) -> QuerySet:
    return Person.objects.unscoped("a test").filter(name=name).values_list("pk", flat=True)


def among(keys: Keys) -> QuerySet:
    return Person.objects.unscoped("a test").filter(pk__in=keys).order_by("pk").values_list("pk", flat=True)


def planned() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(PLANNED, ['SELECT "people_person"%'])
        return [text for (text,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def nothing_planned() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # the driver hears it and forgets them too


@pytest.mark.parametrize("keys", [(7, 40_000, 3_000_000_000, 2**62)])
def test_one_plan_stands_for_numbers_of_any_size_and_all_texts(keys: Any):
    made = [Person.objects.create(pk=key, name=f"第 {key} 人") for key in keys]
    person, called = Prepared(people), Prepared(named)
    assert [person(each.pk) for each in made] == [[each.name] for each in made]
    assert [called(Text(each.name)) for each in made] == [[each.pk] for each in made]
    assert called(Text("' OR ''='")) == []
    assert Prepared(among)(Keys(keys)) == list(keys)
    assert len(planned()) == 3


def test_a_weighed_question_is_planned_for_its_values():
    someone = Person.objects.create(name="李小梅")
    question = Prepared(people, weighed=lambda key: key == someone.pk)
    assert question(someone.pk) == ["李小梅"]
    assert planned() == []
    assert question(someone.pk + 1) == []
    assert len(planned()) == 1


def test_what_is_asked_beside_is_bound_here_as_before():
    with connection.lasting(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint", [7])
        assert cursor.fetchall() == [(7,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s; SELECT %s", [1, 2])  # two at once: not for a server that binds
        assert cursor.fetchall() == [(1,)]


def test_a_question_that_failed_leaves_the_connection_as_it_was():
    with pytest.raises(ZeroDivisionError), connection.lasting():
        raise ZeroDivisionError
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s; SELECT %s", [1, 2])


@pytest.mark.django_db(transaction=True)
def test_after_a_column_was_changed_behind_a_kept_plan_the_next_question_is_answered():
    someone, prepared = Person.objects.create(name="李小梅"), Prepared(people)
    address = connection.get_connection_params()
    wanted = {name: address[name] for name in ("dbname", "user", "host", "port")}
    with psycopg.connect(
        **wanted, autocommit=True
    ) as another:  # the driver hears what its own connection alters
        assert prepared(someone.pk) == ["李小梅"]
        another.execute("ALTER TABLE people_person ALTER COLUMN name TYPE varchar(70)")
        try:
            with pytest.raises(NotSupportedError):
                prepared(someone.pk)
            assert prepared(someone.pk) == ["李小梅"]
        finally:
            another.execute("ALTER TABLE people_person ALTER COLUMN name TYPE varchar(60)")
            connection.close()


@pytest.mark.parametrize(("more", "threshold"), [("", 0), ("?prepare_threshold=none", None)])
def test_behind_a_pooler_nothing_is_kept(more, threshold):
    given = DatabaseWrapper({**connection.settings_dict, **postgresql(ADDRESS + more)})
    assert given.get_connection_params()["prepare_threshold"] == threshold
