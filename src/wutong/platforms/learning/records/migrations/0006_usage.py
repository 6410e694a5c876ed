from django.db import migrations

from wutong.platforms.learning.records.store import schema


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0005_profiles"),
    ]

    operations = [
        migrations.RunPython(schema.create_usage, schema.drop_usage, hints={"home": "records.usage"}),
    ]
