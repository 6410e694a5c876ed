from typing import Any

from django.db import migrations, models
from django.db.models import F
from django.db.models.lookups import LessThan

from wutong.kernel.migration import AddIndexWhileServing
from wutong.kernel.policy import WIDE, area, subtree


def spread(apps: Any, schema_editor: Any) -> None:
    """District by district, each statement a transaction: nobody waits long, and a second time does what is left."""
    kinds = ("Person", "Membership", "Guardianship", "Organisation")
    person, membership, guardianship, organisation = (apps.get_model("people", kind) for kind in kinds)
    persons = person._base_manager.using(schema_editor.connection.alias)
    for path in organisation._base_manager.filter(path__regex=rf"^\d{{{WIDE}}}$").values_list(
        "path", flat=True
    ):
        bit = area(path)
        lacking = persons.filter(LessThan(F("areas").bitand(bit), bit))
        members = membership._base_manager.filter(subtree(path, "organisation__path"))
        pupils = members.filter(role="pupil").values("person")
        guardians = guardianship._base_manager.filter(child__in=pupils)
        for found in (members.values("person"), guardians.values("guardian")):
            lacking.filter(pk__in=found).update(areas=F("areas").bitor(bit))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("people", "0005_person_areas")]

    operations = [
        migrations.RunPython(spread, migrations.RunPython.noop, elidable=True),
        # Of the same name: the new index is made in its place.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveIndex(model_name="person", name="person_by_name")]
        ),
        AddIndexWhileServing(
            model_name="person",
            index=models.Index(
                condition=models.Q(("merged_into", None)),
                fields=["name", "id", "areas"],
                name="person_by_name",
            ),
        ),
    ]
