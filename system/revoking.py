"""Shutting out API tokens by what their holders know of them."""

import re
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from system.models import Tenant
from system.models.token import digest

_ID = re.compile("[0-9a-f]{32}")


@transaction.atomic
def revoke(tenant: Tenant, keys: Iterable[str]) -> None:
    """Revoke the tokens of `tenant` that values, ids or hints name; unknown and foreign ones are no harm.

    A value that was rotated away ends alone. What may be a secret goes to the database as its digest only.
    """
    now, keys = timezone.now(), list(keys)
    values = [digest(key) for key in keys]
    named = (
        Q(digest__in=values) | Q(pk__in=filter(_ID.fullmatch, keys)) | Q(hint__in=[key for key in keys if "…" in key])
    )
    tenant.tokens.filter(named, revoked_at=None).update(revoked_at=now, updated_at=now)
    rotated = tenant.tokens.filter(previous_digest__in=values, previous_until__gt=now)
    rotated.update(previous_until=now, updated_at=now)
