"""Beats of the workers: in Redis one sorted set per worker, JSON entries scored by time."""

import json
import os
import socket
import time
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

KEPT_SECONDS = 30 * 60
_WORKERS = "ragsite:beats"  # sorted set: names of workers by their last beat
_BEATS = "ragsite:beats:{}"


class Beat(TypedDict):
    """One sign of life, as the status endpoint shows it; times in seconds since the epoch."""

    ip_address: str
    pid: int
    name: str
    now: float
    boot_at: float
    pending: int  # jobs in the worker's hands
    lag: int  # jobs that wait in the queue
    done: int
    failed: int
    current: Mapping[str, Any]  # tasks in hand, by id


def connection() -> Redis:
    """A client for the site's Redis that gives up on a dead server within a second; to be used with `with`."""
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=None, decode_responses=True
    )


def waiting(client: Redis) -> int:
    """How many jobs wait in the site's queue."""
    return client.llen(f"rq:queue:{settings.RAG_QUEUE}")


def beat(
    name: str,
    *,
    boot_at: float,
    done: int,
    failed: int,
    working: bool,
    current: Mapping[str, Any] | None = None,
) -> None:
    """Tell that worker `name` lives: since when, what it has done, whether it is at work, and on which tasks.

    Raises RedisError.
    """
    now = time.time()
    key, old = _BEATS.format(name), now - KEPT_SECONDS
    with connection() as client, client.pipeline() as pipe:
        entry = Beat(
            ip_address=_address(),
            pid=os.getpid(),
            name=name,
            now=now,
            boot_at=boot_at,
            pending=int(working),
            lag=waiting(client),
            done=done,
            failed=failed,
            current=current or {},
        )
        pipe.zadd(key, {json.dumps(entry): now})
        pipe.zremrangebyscore(key, "-inf", old)
        pipe.expire(key, KEPT_SECONDS)
        pipe.zadd(_WORKERS, {name: now})
        pipe.zremrangebyscore(_WORKERS, "-inf", old)
        pipe.execute()


def recent(minutes: float = 30) -> dict[str, list[Beat]]:
    """The beats of the last `minutes` by worker, oldest first; nothing where Redis does not answer."""
    since = time.time() - minutes * 60
    try:
        with connection() as client, client.pipeline() as pipe:
            names = cast(list[str], client.zrangebyscore(_WORKERS, since, "+inf"))
            for name in names:
                pipe.zrangebyscore(_BEATS.format(name), since, "+inf")
            found = pipe.execute()
    except RedisError:
        return {}
    return {name: [json.loads(entry) for entry in entries] for name, entries in zip(names, found, strict=True)}


def alive(seconds: float) -> int:
    """How many workers have beaten in the last `seconds`. Raises RedisError."""
    with connection() as client:
        count: int = client.zcount(_WORKERS, time.time() - seconds, "+inf")
        return count


def _address() -> str:
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1"
