"""A chunk may have a vector in several embedding spaces: the key of its vectors is chunk and space.

Searches and writers go on meanwhile, but for the moment in which the table is told of its new key.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# What a build that was interrupted left is not valid, and is built anew.
_KEY = """
DROP INDEX CONCURRENTLY IF EXISTS dense_row_key;
"""
_BUILD = "CREATE UNIQUE INDEX CONCURRENTLY dense_row_key ON rag_chunk_dense (chunk_id, space_id)"
_SWAP = """
ALTER TABLE rag_chunk_dense
  DROP CONSTRAINT rag_chunk_dense_pkey,
  ADD CONSTRAINT rag_chunk_dense_pkey PRIMARY KEY USING INDEX dense_row_key
"""
# Backwards only the vectors that are served can stay.
_SERVED = """
DELETE FROM rag_chunk_dense v USING rag_knowledgebase k WHERE k.id = v.kb_id AND v.space_id IS DISTINCT FROM k.space_id;
ALTER TABLE rag_chunk_dense
  DROP CONSTRAINT rag_chunk_dense_pkey, ADD CONSTRAINT rag_chunk_dense_pkey PRIMARY KEY (chunk_id)
"""
# Of the key that was: nobody looks for patterns in ids, and the new key begins with the chunk.
_PATTERNS = "rag_chunk_dense_chunk_id_ee52a685_like"
_PATTERNS_AGAIN = f"CREATE INDEX {_PATTERNS} ON rag_chunk_dense (chunk_id varchar_pattern_ops)"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("knowledgebases", "0010_circuit")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(_KEY, migrations.RunSQL.noop),
                migrations.RunSQL(_BUILD, migrations.RunSQL.noop),
                migrations.RunSQL(_SWAP, _SERVED),
                migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {_PATTERNS}", _PATTERNS_AGAIN),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="denserow",
                    name="chunk",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="denserows",
                        to="knowledgebases.chunk",
                    ),
                ),
                migrations.AddField(
                    model_name="denserow",
                    name="pk",
                    field=models.CompositePrimaryKey(
                        "chunk_id", "space_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                migrations.AlterField(
                    model_name="lexicalrow",
                    name="chunk",
                    field=models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="lexicalrow",
                        serialize=False,
                        to="knowledgebases.chunk",
                    ),
                ),
            ],
        ),
        AddIndexConcurrently(
            model_name="denserow",
            index=models.Index(fields=["kb_id", "space", "document_id"], name="dense_row_place"),
        ),
        RemoveIndexConcurrently(model_name="denserow", name="dense_row_scope"),
        pgtrigger.migrations.AddTrigger(
            model_name='chunk',
            trigger=pgtrigger.compiler.Trigger(name='outdate_vectors', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            IF EXISTS (SELECT id, digest FROM new_rows EXCEPT SELECT id, digest FROM old_rows) THEN\n                DELETE FROM rag_chunk_dense v\n                USING (SELECT id, kb_id, digest FROM new_rows EXCEPT SELECT id, kb_id, digest FROM old_rows) n,\n                      rag_knowledgebase k\n                WHERE v.chunk_id = n.id AND k.id = n.kb_id AND v.space_id <> k.space_id;\n            END IF;\n            RETURN NULL;\n        ', hash='fbb51ba78bca835424b1229c30c68770d153dd60', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_outdate_vectors_ddf71', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='rag_chunk', when='AFTER')),
        ),
    ]
