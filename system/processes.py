"""The kinds of process of a site, and how each speaks to the database."""

from typing import Any

from django.db import connection

# Milliseconds of a statement, and of waiting for a lock: a web request may not hold the database; workers may take
# their time; commands (0) take what they need.
_LIMITS = {"web": (15_000, 5_000), "worker": (300_000, 60_000), "sweeper": (60_000, 10_000)}


def connection_options(process: str) -> dict[str, Any]:
    """Options of psycopg for a process of this kind: its name in `pg_stat_activity`, its time-outs."""
    statement, lock = _LIMITS.get(process, (0, 0))
    return {
        "application_name": f"ragsite-{process}",
        "options": f"-c statement_timeout={statement} -c lock_timeout={lock} -c jit=off",
    }


def speak_as(process: str) -> None:
    """Have this process connect to the database as one of this kind from now on."""
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = {**options, **connection_options(process)}
