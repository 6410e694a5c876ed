"""Migrations beside readers and writers of millions of rows, and such as a kill leaves undone or done."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connections
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import AddIndex


class AddIndexWhileServing(AddIndexConcurrently):
    """On PostgreSQL without locking the table. The migration that holds it says `atomic = False`.

    A migration that was killed may have left the index, on PostgreSQL an invalid one: it is made again.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        meanwhile = "CONCURRENTLY " if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP INDEX {meanwhile}IF EXISTS {schema_editor.quote_name(self.index.name)}")
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else AddIndex
        kind.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else AddIndex
        kind.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Executor(MigrationExecutor):
    """Writes down a migration in the transaction that makes it. Django may do so after it, and a kill come between."""

    def apply_migration(self, state: Any, migration: Migration, *given: Any, **options: Any) -> Any:
        if not (migration.atomic and self.connection.features.can_rollback_ddl):
            return super().apply_migration(state, migration, *given, **options)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
            self.record_migration(migration)
        return state

    def waiting(self) -> list[tuple[Migration, bool]]:
        return self.migration_plan(self.loader.graph.leaf_nodes())


def migrate(alias: str) -> None:
    """As the command of this name, and as often as wanted."""
    executor = Executor(connections[alias], None)
    executor.loader.check_consistent_history(connections[alias])
    plan, said = executor.waiting(), {"verbosity": 0, "interactive": False, "db": alias}
    emit_pre_migrate_signal(
        **said, plan=plan, apps=executor._create_project_state(with_applied_migrations=True).apps
    )
    executor.migrate(executor.loader.graph.leaf_nodes(), plan)
    emit_post_migrate_signal(**said, plan=plan)
