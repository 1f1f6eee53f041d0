"""The tags of a dataset's chunks: counted, taken away, renamed, each in one statement."""

from collections.abc import Sequence

from django.db import connection

from knowledgebases.models import Knowledgebase
from system.transactions import retried

_COUNT = """
SELECT tag, count(DISTINCT c.id) AS chunks FROM rag_chunk c CROSS JOIN LATERAL unnest(c.tags) AS tag
WHERE c.kb_id = ANY(%(kbs)s) GROUP BY tag ORDER BY chunks DESC, tag
"""

_REMOVE = """
UPDATE rag_chunk SET updated_at = statement_timestamp(), tag_weights = tag_weights - %(tags)s::text[],
  tags = ARRAY(SELECT tag FROM unnest(tags) WITH ORDINALITY AS given (tag, place)
               WHERE tag <> ALL(%(tags)s::text[]) ORDER BY place)
WHERE kb_id = %(kb)s AND (tags && %(tags)s::text[] OR tag_weights ?| %(tags)s::text[])
"""

# The tag keeps its place; where the new one is there already, the two become one, with the weight that one has.
_RENAME = """
UPDATE rag_chunk SET updated_at = statement_timestamp(),
  tag_weights = CASE WHEN tag_weights ? %(old)s THEN (tag_weights - %(old)s::text)
    || jsonb_build_object(%(new)s::text, coalesce(tag_weights -> %(new)s, tag_weights -> %(old)s))
    ELSE tag_weights END,
  tags = ARRAY(SELECT CASE WHEN tag = %(old)s THEN %(new)s ELSE tag END AS now
               FROM unnest(tags) WITH ORDINALITY AS given (tag, place) GROUP BY now ORDER BY min(place))
WHERE kb_id = %(kb)s AND (%(old)s = ANY(tags) OR tag_weights ? %(old)s)
"""


def counts(kbs: Sequence[Knowledgebase]) -> list[tuple[str, int]]:
    """The tags of the chunks of `kbs`, each with the number of chunks that have it, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"kbs": [kb.pk for kb in kbs]})
        rows: list[tuple[str, int]] = cursor.fetchall()
    return rows


@retried
def remove(kb: Knowledgebase, tags: Sequence[str]) -> int:
    """Take `tags` from the chunks of `kb`; returns how many chunks had any."""
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE, {"kb": kb.pk, "tags": list(tags)})
        return int(cursor.rowcount)


@retried
def rename(kb: Knowledgebase, old: str, new: str) -> int:
    """Call the tag `old` of the chunks of `kb` `new`; returns how many chunks had it."""
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, {"kb": kb.pk, "old": old, "new": new})
        return int(cursor.rowcount)
