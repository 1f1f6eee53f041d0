import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('knowledgebases', '0009_use'),
        ('system', '0004_concurrency'),
    ]

    operations = [
        migrations.CreateModel(
            name='Circuit',
            fields=[
                ('endpoint', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='circuit', serialize=False, to='system.modelendpoint')),
                ('failures', models.PositiveIntegerField(default=0, help_text='In a row.')),
                ('open_until', models.DateTimeField(null=True)),
                ('probe', models.CharField(default='', max_length=32)),
                ('probe_until', models.DateTimeField(null=True)),
                ('message', models.TextField(default='', help_text='Of the last failure.')),
                ('failed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'rag_circuit',
            },
        ),
    ]
