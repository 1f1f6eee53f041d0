"""Waking workers through RQ."""

import logging
import time

import django_rq
from django.conf import settings
from redis import Redis, RedisError

from system.workers import WAKE

log = logging.getLogger(__name__)

REDIS_SECONDS = 1.0  # that a request waits for a Redis that hangs
QUIET_SECONDS = 3.0  # after that, wakes are left to the sweeper for so long, and nobody waits

_quiet_until = 0.0  # of time.monotonic(); 0 while Redis answers


def send_wakes(count: int = 1) -> int:
    """Wake up to `count` workers; returns how many wakes were sent.

    Bounded: with twice as many wakes waiting as there are workers, more would change nothing. Never raises for want of
    Redis: the sweeper sends wakes again as long as tasks can be claimed. Of all callers in a process one waits for a
    Redis that hangs, every QUIET_SECONDS.
    """
    global _quiet_until
    if _quiet_until:
        if time.monotonic() < _quiet_until:
            return 0
        _quiet_until = time.monotonic() + QUIET_SECONDS  # this caller looks; others do not wait for what comes of it
    try:
        sent = _send(count)
    except (RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("workers were not woken, the sweeper will do it: %s", error)
        return 0
    _quiet_until = 0.0
    return sent


def _send(count: int) -> int:
    with Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=None
    ) as redis:
        queue = django_rq.get_queue(settings.RAG_QUEUE, connection=redis)
        wanted = max(min(count, 2 * settings.RAG_WORKERS - len(queue)), 0)
        for _ in range(wanted):
            queue.enqueue(WAKE, job_timeout=-1, result_ttl=0, failure_ttl=3600)
        return wanted
