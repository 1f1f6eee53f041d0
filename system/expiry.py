"""What ends by itself with time, and is cleared away some time after."""

import time

from django.contrib.sessions.models import Session
from django.utils import timezone

EVERY_SECONDS = 600.0  # nobody can log in with one that has expired, so there is no hurry

_due = 0.0  # of time.monotonic()


def forget_sessions() -> int:
    """Delete the browser sessions that have expired; returns how many. Looks every EVERY_SECONDS of a process."""
    global _due
    if time.monotonic() < _due:
        return 0
    _due = time.monotonic() + EVERY_SECONDS
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
