"""What an engine outside the database has to follow."""

import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('knowledgebases', '0011_vectors_by_space'),
    ]

    operations = [
        # In steps, so that what people change in Elasticsearch by hand, which counts by one, stays below the next version.
        migrations.RunSQL('CREATE SEQUENCE rag_index_version INCREMENT BY 1000', 'DROP SEQUENCE rag_index_version'),
        migrations.CreateModel(
            name='PendingChunk',
            fields=[
                ('pk', models.CompositePrimaryKey('index_id', 'chunk_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('index_id', models.BigIntegerField()),
                ('chunk_id', models.CharField(max_length=32)),
                ('kb_id', models.CharField(max_length=32)),
                ('document_id', models.CharField(max_length=32)),
                ('version', models.BigIntegerField()),
                ('since', models.DateTimeField(help_text='Of the first change that the index does not know.')),
                ('trouble', models.TextField(default='', help_text='Why the index did not take it.')),
                ('retry_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'rag_pending_chunk',
            },
        ),
        migrations.CreateModel(
            name='SearchIndex',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('revision', models.CharField(help_text='Of the mapping that it was made with.', max_length=32)),
                ('state', models.CharField(choices=[('new', 'New'), ('filling', 'Filling'), ('serving', 'Serving'), ('former', 'Former')], default='new', max_length=16)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('trouble', models.TextField(default='', help_text='Why it cannot be written to; empty while it can.')),
                ('tries', models.PositiveIntegerField(default=0, help_text='In a row that failed.')),
                ('retry_at', models.DateTimeField(help_text='Until then nobody tries; empty: somebody may now.', null=True)),
            ],
            options={
                'db_table': 'rag_search_index',
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='denserow',
            trigger=pgtrigger.compiler.Trigger(name='follow_inserted', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM rag_search_index) THEN\n        INSERT INTO rag_pending_chunk AS p (index_id, chunk_id, kb_id, document_id, version, since, trouble)\n        SELECT i.id, r.chunk_id, r.kb_id, r.document_id, v.version, clock_timestamp(), ''\n        FROM (SELECT DISTINCT ON (chunk_id) chunk_id, kb_id, document_id FROM (SELECT * FROM new_rows) touched ORDER BY chunk_id) r\n        CROSS JOIN rag_search_index i CROSS JOIN (SELECT nextval('rag_index_version') AS version) v\n        ORDER BY i.id, r.chunk_id\n        ON CONFLICT (index_id, chunk_id) DO UPDATE SET\n          (kb_id, document_id, version, trouble, retry_at) =\n          (excluded.kb_id, excluded.document_id, greatest(excluded.version, p.version + 1), '', NULL);\n    END IF;\n    RETURN NULL;\n", hash='5139800cce2de54348107495aae609fc22aedd23', level='STATEMENT', operation='INSERT', pgid='pgtrigger_follow_inserted_045de', referencing='REFERENCING NEW TABLE AS new_rows ', table='rag_chunk_dense', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='denserow',
            trigger=pgtrigger.compiler.Trigger(name='follow_updated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM rag_search_index) THEN\n        INSERT INTO rag_pending_chunk AS p (index_id, chunk_id, kb_id, document_id, version, since, trouble)\n        SELECT i.id, r.chunk_id, r.kb_id, r.document_id, v.version, clock_timestamp(), ''\n        FROM (SELECT DISTINCT ON (chunk_id) chunk_id, kb_id, document_id FROM (SELECT * FROM new_rows) touched ORDER BY chunk_id) r\n        CROSS JOIN rag_search_index i CROSS JOIN (SELECT nextval('rag_index_version') AS version) v\n        ORDER BY i.id, r.chunk_id\n        ON CONFLICT (index_id, chunk_id) DO UPDATE SET\n          (kb_id, document_id, version, trouble, retry_at) =\n          (excluded.kb_id, excluded.document_id, greatest(excluded.version, p.version + 1), '', NULL);\n    END IF;\n    RETURN NULL;\n", hash='105074753bd609db9281cf209cc6539cccc6918a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_follow_updated_b30e8', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='rag_chunk_dense', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='denserow',
            trigger=pgtrigger.compiler.Trigger(name='follow_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM rag_search_index) THEN\n        INSERT INTO rag_pending_chunk AS p (index_id, chunk_id, kb_id, document_id, version, since, trouble)\n        SELECT i.id, r.chunk_id, r.kb_id, r.document_id, v.version, clock_timestamp(), ''\n        FROM (SELECT DISTINCT ON (chunk_id) chunk_id, kb_id, document_id FROM (SELECT * FROM old_rows) touched ORDER BY chunk_id) r\n        CROSS JOIN rag_search_index i CROSS JOIN (SELECT nextval('rag_index_version') AS version) v\n        ORDER BY i.id, r.chunk_id\n        ON CONFLICT (index_id, chunk_id) DO UPDATE SET\n          (kb_id, document_id, version, trouble, retry_at) =\n          (excluded.kb_id, excluded.document_id, greatest(excluded.version, p.version + 1), '', NULL);\n    END IF;\n    RETURN NULL;\n", hash='c8a2b17509eec35be75c4dc2e8bf8842a3db6dcd', level='STATEMENT', operation='DELETE', pgid='pgtrigger_follow_deleted_14007', referencing='REFERENCING OLD TABLE AS old_rows ', table='rag_chunk_dense', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lexicalrow',
            trigger=pgtrigger.compiler.Trigger(name='follow_inserted', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM rag_search_index) THEN\n        INSERT INTO rag_pending_chunk AS p (index_id, chunk_id, kb_id, document_id, version, since, trouble)\n        SELECT i.id, r.chunk_id, r.kb_id, r.document_id, v.version, clock_timestamp(), ''\n        FROM (SELECT DISTINCT ON (chunk_id) chunk_id, kb_id, document_id FROM (SELECT * FROM new_rows) touched ORDER BY chunk_id) r\n        CROSS JOIN rag_search_index i CROSS JOIN (SELECT nextval('rag_index_version') AS version) v\n        ORDER BY i.id, r.chunk_id\n        ON CONFLICT (index_id, chunk_id) DO UPDATE SET\n          (kb_id, document_id, version, trouble, retry_at) =\n          (excluded.kb_id, excluded.document_id, greatest(excluded.version, p.version + 1), '', NULL);\n    END IF;\n    RETURN NULL;\n", hash='695e809c940dce3461b5312748b764d74a9d3899', level='STATEMENT', operation='INSERT', pgid='pgtrigger_follow_inserted_0d3bc', referencing='REFERENCING NEW TABLE AS new_rows ', table='rag_chunk_lexical', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lexicalrow',
            trigger=pgtrigger.compiler.Trigger(name='follow_updated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM rag_search_index) THEN\n        INSERT INTO rag_pending_chunk AS p (index_id, chunk_id, kb_id, document_id, version, since, trouble)\n        SELECT i.id, r.chunk_id, r.kb_id, r.document_id, v.version, clock_timestamp(), ''\n        FROM (SELECT DISTINCT ON (chunk_id) chunk_id, kb_id, document_id FROM (SELECT * FROM new_rows) touched ORDER BY chunk_id) r\n        CROSS JOIN rag_search_index i CROSS JOIN (SELECT nextval('rag_index_version') AS version) v\n        ORDER BY i.id, r.chunk_id\n        ON CONFLICT (index_id, chunk_id) DO UPDATE SET\n          (kb_id, document_id, version, trouble, retry_at) =\n          (excluded.kb_id, excluded.document_id, greatest(excluded.version, p.version + 1), '', NULL);\n    END IF;\n    RETURN NULL;\n", hash='3dc63836d5d0f6f380418fd27d456c943d054666', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_follow_updated_ce9c2', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='rag_chunk_lexical', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lexicalrow',
            trigger=pgtrigger.compiler.Trigger(name='follow_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM rag_search_index) THEN\n        INSERT INTO rag_pending_chunk AS p (index_id, chunk_id, kb_id, document_id, version, since, trouble)\n        SELECT i.id, r.chunk_id, r.kb_id, r.document_id, v.version, clock_timestamp(), ''\n        FROM (SELECT DISTINCT ON (chunk_id) chunk_id, kb_id, document_id FROM (SELECT * FROM old_rows) touched ORDER BY chunk_id) r\n        CROSS JOIN rag_search_index i CROSS JOIN (SELECT nextval('rag_index_version') AS version) v\n        ORDER BY i.id, r.chunk_id\n        ON CONFLICT (index_id, chunk_id) DO UPDATE SET\n          (kb_id, document_id, version, trouble, retry_at) =\n          (excluded.kb_id, excluded.document_id, greatest(excluded.version, p.version + 1), '', NULL);\n    END IF;\n    RETURN NULL;\n", hash='d51586a844230ab74347a118adc683bd0adc6356', level='STATEMENT', operation='DELETE', pgid='pgtrigger_follow_deleted_c1dfb', referencing='REFERENCING OLD TABLE AS old_rows ', table='rag_chunk_lexical', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='pendingchunk',
            index=models.Index(fields=['index_id', 'version', 'chunk_id'], name='pending_chunk_order'),
        ),
        migrations.AddIndex(
            model_name='pendingchunk',
            index=models.Index(fields=['index_id', 'kb_id'], name='pending_chunk_kb'),
        ),
        migrations.AddConstraint(
            model_name='searchindex',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'serving')), fields=('state',), name='search_index_serves_alone'),
        ),
    ]
