"""What every table of ours shares: its key and its times."""

import secrets
import uuid
from typing import Any

from django.db import models
from django.utils import timezone


def new_id() -> str:
    """A fresh row id: 32 hex digits in the form of a UUID version 1.

    Clients check the version (contract A.7). Node and clock sequence are random for every id, so an id tells no host
    and two processes never collide; the time part keeps ids of one site roughly in order. An id is never a secret.
    """
    node = secrets.randbits(48) | (1 << 40)  # multicast bit: not the address of any network card (RFC 9562 §6.10)
    return uuid.uuid1(node=node, clock_seq=secrets.randbits(14)).hex


class Row(models.Model):
    """A row with a public id and its times of creation and last write."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Save; `update_fields` always takes `updated_at` along."""
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "updated_at"}
        super().save(**kwargs)
