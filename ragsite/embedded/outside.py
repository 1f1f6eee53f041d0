"""Servers that the site's environment names (`DATABASE_URL`, `REDIS_URL`): do they answer before anything starts?"""

from urllib.parse import urlsplit

import psycopg
import redis
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError

from system.errors import Misconfigured


def check_database(connection: BaseDatabaseWrapper) -> None:
    """Raise Misconfigured when DATABASE_URL leads to no PostgreSQL with pgvector; the message shows no password."""
    named = connection.settings_dict
    place = f"database {named['NAME']!r} on {named['HOST'] or 'localhost'}:{named['PORT'] or 5432}"
    try:
        connection.ensure_connection()
    except (OperationalError, psycopg.Error) as error:
        raise Misconfigured(
            f"Cannot connect to {place} as {named['USER']!r}: {_first_line(error, str(named['PASSWORD']))}. Start that "
            "server or mend DATABASE_URL; without DATABASE_URL, ragsite runs a PostgreSQL of its own."
        ) from None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'")
        if cursor.fetchone() == (0,):
            raise Misconfigured(
                f"The server of {place} has no extension 'vector'. Install pgvector 0.8 or later there."
            )
    connection.close()


def check_redis(url: str) -> None:
    """Raise Misconfigured, naming host and port but no password, when `url` leads to no Redis."""
    parts = urlsplit(url)
    place = parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        raise Misconfigured(
            f"Cannot reach Redis at {place}: {_first_line(error, parts.password or '')}. Start that server or mend "
            "REDIS_URL; without REDIS_URL, ragsite runs a Valkey of its own."
        ) from None


def _first_line(error: BaseException, secret: str) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return line.replace(secret, "…") if secret else line
