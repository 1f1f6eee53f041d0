import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('system', '0003_quotas'),
    ]

    operations = [
        migrations.AddField(
            model_name='modelendpoint',
            name='concurrency',
            field=models.PositiveSmallIntegerField(blank=True, help_text="Requests that ingestion sends at the same time. Empty: the site's default.", null=True, validators=[django.core.validators.MinValueValidator(1)]),
        ),
    ]
