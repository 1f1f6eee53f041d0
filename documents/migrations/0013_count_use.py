"""Counts what datasets store and have queued; from here on the triggers of documents move it."""

from django.db import migrations

COUNT = """
UPDATE rag_knowledgebase k
SET byte_num = d.bytes, queued_num = d.queued, queued_bytes = d.queued_bytes
FROM (SELECT kb_id, sum(size) AS bytes, count(*) FILTER (WHERE run = '1') AS queued,
             coalesce(sum(size) FILTER (WHERE run = '1'), 0) AS queued_bytes
      FROM rag_document WHERE deleted_at IS NULL GROUP BY kb_id) d
WHERE d.kb_id = k.id AND (k.byte_num, k.queued_num, k.queued_bytes) <> (d.bytes, d.queued, d.queued_bytes)
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0012_quotas")]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
