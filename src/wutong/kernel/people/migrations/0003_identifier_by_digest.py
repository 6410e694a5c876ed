from django.db import migrations, models

from wutong.kernel.migration import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("people", "0002_person_by_name")]

    operations = [
        AddIndexWhileServing(
            model_name="identifier",
            index=models.Index(fields=["digest"], name="identifier_by_digest"),
        ),
    ]
