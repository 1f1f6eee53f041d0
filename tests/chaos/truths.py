"""What a snapshot reads, and what must be true in a chaos run beside `tests.invariants`."""

from tests.invariants import ALWAYS

DOCUMENTS = """
    SELECT d.id, d.name, d.kb_id, d.gen, d.published_gen, d.run, d.progress,
           d.deleted_at IS NULL AND k.deleted_at IS NULL, coalesce(c.n, 0), c.ids
    FROM rag_document d JOIN rag_knowledgebase k ON k.id = d.kb_id
    LEFT JOIN (SELECT document_id, count(*) AS n, md5(string_agg(id, ',' ORDER BY id)) AS ids
               FROM rag_chunk WHERE NOT added GROUP BY document_id) c ON c.document_id = d.id"""
TASKS = "SELECT id, document_id, gen, state, fence, claims, lost, faults, progress, owner FROM rag_task"
HANDS = "SELECT document_id, id, content FROM rag_chunk WHERE by_hand"

# No paper is to blame for anything: a task fails by a parser that was killed twice, or a worker that was killed often.
_CHAOS = {
    "a task failed that nobody has hurt": """
        SELECT format('%s faults %s lost %s waits %s: %s', id, faults, lost, waits, message)
        FROM rag_task WHERE state = 'failed' AND faults < 2 AND lost < 10""",
    "two running tasks with one fence": """
        SELECT fence FROM rag_task WHERE state = 'running' GROUP BY fence HAVING count(*) > 1""",
}
RULES = {**ALWAYS, **_CHAOS}
# Reads every term of every chunk: a tenth of a second that not every snapshot has.
_DEAR = "document frequencies differ from the lexical rows"
CHEAP = {name: rule for name, rule in RULES.items() if name != _DEAR}
