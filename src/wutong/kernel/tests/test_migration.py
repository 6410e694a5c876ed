"""Migrations that are repeated after a kill."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

MIGRATION = "0004_organisation_by_place"


def indexes() -> list[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "people_organisation")
    return sorted(name for name, each in found.items() if each["columns"] == ["kind", "path"])


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_an_index_that_a_killed_migration_left_is_made_again():
    before = MigrationExecutor(connection).loader.project_state(("people", "0003_identifier_by_digest"))
    (operation,) = import_module(f"wutong.kernel.people.migrations.{MIGRATION}").Migration.operations
    after = before.clone()
    operation.state_forwards("people", after)
    assert indexes() == ["organisation_by_place"]
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("people", editor, before, after)
    assert indexes() == ["organisation_by_place"]
