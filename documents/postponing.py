"""Tasks that would only find out what one has found out already."""

from django.db import connection

from documents.models import Task

BATCH = 500  # tasks of one call: a queue of ten thousand is through after twenty of its tasks were tried

# Tasks that somebody else has locked are left alone; their documents' rows are not touched.
_POSTPONE = """
UPDATE rag_task SET run_after = %(until)s, message = %(message)s
WHERE id = ANY (ARRAY(
  SELECT id FROM rag_task
  WHERE kb_id = %(kb)s AND state = 'queued' AND run_after < %(until)s
  ORDER BY run_after, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
"""


def postpone(task: Task, message: str) -> int:
    """Have what waits in the dataset of `task` wait as long as it, since the model of the dataset is not to be asked.

    Returns how many tasks that concerns, BATCH at most.
    """
    with connection.cursor() as cursor:
        cursor.execute(_POSTPONE, {"kb": task.kb_id, "until": task.run_after, "message": message, "batch": BATCH})
        postponed: int = cursor.rowcount
        return postponed
