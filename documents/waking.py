"""Waking workers through RQ."""

import logging

import django_rq
from django.conf import settings
from redis import Redis, RedisError

from system.workers import WAKE

log = logging.getLogger(__name__)

REDIS_SECONDS = 2.0  # a request that only wakes workers does not wait longer for Redis


def send_wakes(count: int = 1) -> int:
    """Wake up to `count` workers; returns how many wakes were sent.

    Bounded: with twice as many wakes waiting as there are workers, more would change nothing. Never raises for want of
    Redis: the sweeper sends wakes again as long as tasks can be claimed.
    """
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ) as redis:
            queue = django_rq.get_queue(settings.RAG_QUEUE, connection=redis)
            wanted = min(count, 2 * settings.RAG_WORKERS - len(queue))
            for _ in range(wanted):
                queue.enqueue(WAKE, job_timeout=-1, result_ttl=0, failure_ttl=3600)
            return max(wanted, 0)
    except (RedisError, OSError) as error:
        log.warning("workers were not woken, the sweeper will do it: %s", error)
        return 0
