import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import system.models.base
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0013_count_use'),
        ('knowledgebases', '0010_circuit'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuestionSet',
            fields=[
                ('id', models.CharField(default=system.models.base.new_id, editable=False, max_length=32, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=128)),
                ('kb', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='question_sets', to='knowledgebases.knowledgebase', verbose_name='dataset')),
            ],
            options={
                'verbose_name': 'test set',
                'db_table': 'rag_question_set',
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.CharField(default=system.models.base.new_id, editable=False, max_length=32, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('key', models.CharField(max_length=128)),
                ('text', models.TextField(max_length=10000, verbose_name='question')),
                ('question_set', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='documents.questionset', verbose_name='test set')),
            ],
            options={
                'db_table': 'rag_question',
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Evaluation',
            fields=[
                ('id', models.CharField(default=system.models.base.new_id, editable=False, max_length=32, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('setting', models.JSONField(default=dict, help_text='What searches were told.')),
                ('effective', models.JSONField(default=dict, help_text='What they went by: the rest was as the dataset had it.')),
                ('model', models.CharField(help_text='Of the dataset, at that time.', max_length=255, verbose_name='embedding model')),
                ('chunks', models.BigIntegerField(help_text='Of the dataset, at that time.')),
                ('hits', models.PositiveIntegerField(help_text='Chunks that each search was asked for.')),
                ('metrics', models.JSONField(default=dict, help_text='Means over the questions, in the order asked for.')),
                ('names', models.JSONField(default=list, help_text='Of the metrics; the first is what questions are sorted by.')),
                ('timings', models.JSONField(default=dict, help_text='Milliseconds: p50 and p95 of searches and of embeddings.')),
                ('questions', models.PositiveIntegerField(help_text='That were asked.')),
                ('sample', models.PositiveIntegerField(help_text='How many were to be asked; empty: all.', null=True)),
                ('unjudged', models.PositiveIntegerField(default=0, help_text='Questions left out: nothing is left to be found.')),
                ('gone', models.PositiveIntegerField(default=0, help_text='Judgements left out: what they name is gone.')),
                ('degraded', models.PositiveIntegerField(default=0, help_text='Searches that had to do without a model.')),
                ('seconds', models.FloatField(default=0, help_text='That the pass took, without the embedding of questions.')),
                ('question_set', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='evaluations', to='documents.questionset', verbose_name='test set')),
            ],
            options={
                'db_table': 'rag_evaluation',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Of the document, when it was judged.', max_length=255)),
                ('chunk_id', models.CharField(blank=True, default='', help_text='Empty: the document as a whole.', max_length=32)),
                ('grade', models.PositiveSmallIntegerField(default=1, help_text='0: does not answer.')),
                ('document', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='documents.document')),
                ('question', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='documents.question')),
            ],
            options={
                'db_table': 'rag_judgement',
                'ordering': ['-grade', 'id'],
                'constraints': [models.UniqueConstraint(fields=('question', 'document', 'chunk_id'), name='judgement_once'), models.CheckConstraint(condition=models.Q(('grade__lte', 100)), name='judgement_grade')],
            },
        ),
        migrations.CreateModel(
            name='EvaluatedQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=128)),
                ('text', models.TextField()),
                ('asked', models.CharField(help_text='Digest of the text and of what was judged to answer it.', max_length=64)),
                ('score', models.FloatField(help_text='By the first metric.')),
                ('values', models.JSONField(help_text='By metric.')),
                ('place', models.PositiveIntegerField(help_text='Of the first that answers, from 1; empty: not found.', null=True)),
                ('found', models.JSONField(default=list, help_text='The first few that were found.')),
                ('milliseconds', models.FloatField(help_text='That the search took.')),
                ('degraded', models.TextField(blank=True, default='', help_text='Why the search had to do without a model.')),
                ('evaluation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='results', to='documents.evaluation')),
                ('question', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='documents.question')),
            ],
            options={
                'db_table': 'rag_evaluated_question',
                'ordering': ['score', 'id'],
                'indexes': [models.Index(fields=['evaluation', 'score', 'id'], name='evaluated_worst')],
            },
        ),
        migrations.AddConstraint(
            model_name='questionset',
            constraint=models.UniqueConstraint(models.F('kb'), django.db.models.functions.text.Lower('name'), name='question_set_name', violation_error_message='The dataset has a test set of that name already.'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(fields=('question_set', 'key'), name='question_key'),
        ),
        migrations.AddIndex(
            model_name='evaluation',
            index=models.Index(fields=['question_set', '-created_at'], name='evaluation_recent'),
        ),
    ]
