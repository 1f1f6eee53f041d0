"""The breaker of a model's endpoint: who fails again and again is left alone for a while.

After FAILURES failures in a row (429, 5xx, time-outs, broken connections; not what a configuration does) nobody calls
the endpoint for OPEN_SECONDS, then one caller does, and how that goes decides for all. An endpoint that says itself how
long it is to be left alone (`Retry-After`) is taken at its word, from the first time on.

All processes of a site go by one row, and by the clock of its database.
"""

import math
from dataclasses import dataclass

from django.db import connection

from knowledgebases.embedders.replies import retry_after
from knowledgebases.models import Circuit
from system.errors import Suspended, Unavailable
from system.models.base import new_id

FAILURES = 5
OPEN_SECONDS = 30.0
PROBE_SECONDS = 75.0  # a request may take 60; a caller that is killed leaves the place free after that
AGAIN_SECONDS = 3.0  # while one caller tries, the others come back after that

_STATE = """
SELECT failures, message, extract(epoch FROM open_until - statement_timestamp())
FROM rag_circuit WHERE endpoint_id = %(endpoint)s
"""
_PROBE = """
UPDATE rag_circuit SET probe = %(probe)s, probe_until = statement_timestamp() + %(seconds)s * interval '1 second'
WHERE endpoint_id = %(endpoint)s AND open_until <= statement_timestamp()
  AND (probe_until IS NULL OR probe_until <= statement_timestamp())
"""
# Whoever called before the breaker opened, and fails only now, does not keep it open for longer.
_FAILED = """
INSERT INTO rag_circuit AS c (endpoint_id, failures, open_until, probe, message, failed_at)
SELECT id, 1, CASE WHEN %(asked)s > 0 THEN statement_timestamp() + %(asked)s * interval '1 second' END, '', %(message)s,
  statement_timestamp()
FROM rag_model_endpoint WHERE id = %(endpoint)s
ON CONFLICT (endpoint_id) DO UPDATE SET
  failures = c.failures + 1, message = excluded.message, failed_at = excluded.failed_at,
  open_until = CASE
    WHEN %(asked)s > 0 THEN greatest(c.open_until, excluded.open_until)
    WHEN (c.open_until IS NULL AND c.failures + 1 >= %(failures)s) OR (c.probe <> '' AND c.probe = %(probe)s)
    THEN statement_timestamp() + %(seconds)s * interval '1 second' ELSE c.open_until END,
  probe_until = CASE WHEN c.probe = %(probe)s THEN NULL ELSE c.probe_until END,
  probe = CASE WHEN c.probe = %(probe)s THEN '' ELSE c.probe END
"""


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to call; to be handed back with how it went."""

    endpoint: str
    probe: str = ""
    after_failures: bool = False


def admit(endpoint: str) -> Pass:
    """Leave to call `endpoint` (a row's id) now; raises Suspended."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, {"endpoint": endpoint})
        failures, message, seconds = cursor.fetchone() or (0, "", None)
        if seconds is None:
            return Pass(endpoint, after_failures=bool(failures))
        if seconds <= 0:
            probe = new_id()
            cursor.execute(_PROBE, {"endpoint": endpoint, "probe": probe, "seconds": PROBE_SECONDS})
            if cursor.rowcount:
                return Pass(endpoint, probe)
    wait = math.ceil(max(float(seconds), AGAIN_SECONDS))
    raise Suspended(f"{message} It is left alone for {wait} s.", headers={"Retry-After": str(wait)})


def answered(leave: Pass) -> None:
    """The endpoint answered, be it with a refusal: it is there."""
    rows = Circuit.objects.filter(pk=leave.endpoint)
    if leave.probe:
        rows.filter(probe=leave.probe).update(failures=0, open_until=None, probe="", probe_until=None)
    elif leave.after_failures:
        rows.filter(open_until=None).update(failures=0)


def failed(leave: Pass, error: Unavailable) -> None:
    """The endpoint did not answer, or said that it cannot at the moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FAILED,
            {
                "endpoint": leave.endpoint,
                "probe": leave.probe,
                "asked": retry_after(error.headers.get("Retry-After", "")) or 0,
                "message": error.message,
                "failures": FAILURES,
                "seconds": OPEN_SECONDS,
            },
        )


def close(endpoint: str) -> None:
    """Somebody has seen it answer: forget the failures."""
    Circuit.objects.filter(pk=endpoint).delete()
