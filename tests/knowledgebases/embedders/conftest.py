"""What tests of remote models share: an endpoint, and its breaker in time."""

from datetime import timedelta

import pytest

from knowledgebases.models import Circuit
from system.models import ModelEndpoint


@pytest.fixture
def endpoint(owner):
    return ModelEndpoint.objects.create(
        tenant=owner.tenant, provider="Lab", name="e1", base_url="https://lab.example/v1"
    )


@pytest.fixture
def later(endpoint):
    """Let so much time pass for the endpoint's breaker."""

    def later(seconds=31):
        row = Circuit.objects.get(pk=endpoint.pk)
        for field in ("open_until", "probe_until"):
            if value := getattr(row, field):
                setattr(row, field, value - timedelta(seconds=seconds))
        row.save()

    return later
