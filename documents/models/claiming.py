"""Which task a worker gets: fair over tenants, at a cost that hangs neither on the queue's length nor on what waits.

The queue's index lists the tasks of a tenant by rank (the negated priority) and, within a rank, by the time from which
they may run. So the first row of each rank tells whether any of it may run now, and the ring hops from one first row to
the next: tasks that wait for an hour, ten thousand of them, are passed over at the cost of one.

The ring begins behind the tenant that was served last. Normally the first tenant on it without a running task is
taken, and the rest of the ring is never walked (PostgreSQL evaluates as much of it as is read); where all that could
be served have running tasks, the one with the fewest, the first of those on the ring. A task somebody else is just
taking is skipped.

Tasks in quarantine, those that lost QUARANTINE workers, run alone: when nothing else can, and with nothing beside them.
"""

BULK, BEGUN, INTERACTIVE = 0, 1, 100  # priorities: a part of a document has that of the document, and 1 more
QUARANTINE = 5  # leases lost until a task runs only when nothing else does

CLAIM = """
WITH RECURSIVE
busy AS MATERIALIZED (
  SELECT tenant_id, count(*) AS n FROM rag_task WHERE state = 'running' GROUP BY tenant_id),
alone AS MATERIALIZED (
  SELECT FROM rag_task WHERE state = 'running' AND lost >= %(quarantine)s LIMIT 1),
span AS MATERIALIZED (
  SELECT coalesce((SELECT tenant_id FROM rag_task WHERE started_at IS NOT NULL ORDER BY started_at DESC LIMIT 1), '')
           AS served,
         (SELECT max(tenant_id) FROM rag_task WHERE state = 'queued' AND lost < %(quarantine)s) AS last),
ring(lap, tenant_id, rank, run_after) AS (
  SELECT 0, served::varchar, 2147483647, NULL::timestamptz FROM span WHERE NOT EXISTS (SELECT FROM alone)
  UNION ALL
  SELECT next.* FROM ring CROSS JOIN span CROSS JOIN LATERAL (
    (SELECT ring.lap, q.tenant_id, q.priority * -1, q.run_after FROM rag_task q
     WHERE q.state = 'queued' AND q.lost < %(quarantine)s
       AND (q.tenant_id, q.priority * -1) > (ring.tenant_id, ring.rank)
       AND q.tenant_id <= CASE ring.lap WHEN 0 THEN span.last ELSE span.served END
     ORDER BY q.tenant_id, q.priority * -1, q.run_after, q.id LIMIT 1)
    UNION ALL
    (SELECT 1, q.tenant_id, q.priority * -1, q.run_after FROM rag_task q
     WHERE q.state = 'queued' AND q.lost < %(quarantine)s AND ring.lap = 0 AND q.tenant_id <= span.served
     ORDER BY q.tenant_id, q.priority * -1, q.run_after, q.id LIMIT 1)
    LIMIT 1) AS next(lap, tenant_id, rank, run_after)),
pick AS (
  (SELECT task.id FROM ring CROSS JOIN LATERAL (
     SELECT q.id FROM rag_task q
     WHERE q.state = 'queued' AND q.lost < %(quarantine)s
       AND q.tenant_id = ring.tenant_id AND q.priority * -1 = ring.rank AND q.run_after <= statement_timestamp()
     ORDER BY q.run_after, q.id LIMIT 1 FOR UPDATE SKIP LOCKED) task
   WHERE ring.run_after <= statement_timestamp() AND ring.tenant_id NOT IN (SELECT tenant_id FROM busy)
   LIMIT 1)
  UNION ALL
  (SELECT task.id FROM (
     SELECT ring.* FROM ring JOIN busy USING (tenant_id) WHERE ring.run_after <= statement_timestamp()
     ORDER BY busy.n, ring.lap, ring.tenant_id, ring.rank) AS ring
   CROSS JOIN LATERAL (
     SELECT q.id FROM rag_task q
     WHERE q.state = 'queued' AND q.lost < %(quarantine)s
       AND q.tenant_id = ring.tenant_id AND q.priority * -1 = ring.rank AND q.run_after <= statement_timestamp()
     ORDER BY q.run_after, q.id LIMIT 1 FOR UPDATE SKIP LOCKED) task
   LIMIT 1)
  UNION ALL
  (SELECT task.id FROM (
     SELECT q.id FROM rag_task q
     WHERE q.state = 'queued' AND q.lost >= %(quarantine)s AND q.run_after <= statement_timestamp()
       AND NOT EXISTS (SELECT FROM busy)
     ORDER BY q.run_after, q.id LIMIT 1 FOR UPDATE SKIP LOCKED) task)
  LIMIT 1)
UPDATE rag_task SET state = 'running', fence = nextval('rag_fence'), owner = %(owner)s,
  lease_until = statement_timestamp() + %(lease)s * interval '1 second', started_at = statement_timestamp(),
  claims = claims + 1
FROM pick WHERE rag_task.id = pick.id
RETURNING rag_task.*
"""
