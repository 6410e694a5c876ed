from django.db import migrations, models

from wutong.kernel.migration import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("people", "0003_identifier_by_digest")]

    operations = [
        AddIndexWhileServing(
            model_name="organisation",
            index=models.Index(fields=["kind", "path"], name="organisation_by_place"),
        ),
    ]
