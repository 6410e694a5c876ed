from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0004_organisation_by_place")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="areas",
            field=models.BigIntegerField(default=0, db_default=0, editable=False),
        ),
    ]
