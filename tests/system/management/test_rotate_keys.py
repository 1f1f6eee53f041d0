from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from system import resealing
from system.models import APIToken, ModelEndpoint
from tests.factories import APITokenFactory

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def rotate():
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


@pytest.fixture
def keys(settings):
    settings.RAG_FIELD_KEYS = [OLD]
    return settings


@pytest.fixture
def endpoint(owner, keys):
    endpoint = ModelEndpoint(tenant=owner.tenant, provider="OpenAI", name="small", base_url="https://example.org/v1")
    endpoint.api_key = "sk-secret"
    endpoint.save()
    return endpoint


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_afterwards_the_old_key_is_not_needed(owner, keys, endpoint, monkeypatch, batch):
    monkeypatch.setattr(resealing, "BATCH", batch)
    tokens = [APITokenFactory(tenant=owner.tenant) for _ in range(3)]
    before = {token.pk: (token.value, token.beta) for token in tokens}
    keys.RAG_FIELD_KEYS = [NEW, OLD]

    said = rotate()

    keys.RAG_FIELD_KEYS = [NEW]
    assert {token.pk: (token.value, token.beta) for token in APIToken.objects.all()} == before
    assert ModelEndpoint.objects.get().api_key == "sk-secret"
    assert "API tokens: 3 under the first key" in said
    assert "Keys after the first are not needed any more." in said


def test_what_holds_no_secret_stays_empty(owner, keys):
    keys.RAG_TOKENS_READABLE = False
    APITokenFactory(tenant=owner.tenant)

    rotate()

    assert APIToken.objects.get().sealed == ""


def test_a_secret_that_no_key_opens_is_named_and_kept_and_the_others_are_moved(owner, keys, endpoint):
    token = APITokenFactory(tenant=owner.tenant)
    value, lost = token.value, ModelEndpoint.objects.get().sealed_key[:-4] + "AAA="
    ModelEndpoint.objects.update(sealed_key=lost)
    keys.RAG_FIELD_KEYS = [NEW, OLD]

    with pytest.raises(CommandError, match=f"No key of this site opens the secrets of: .*{endpoint.pk}"):
        rotate()

    keys.RAG_FIELD_KEYS = [NEW]
    assert APIToken.objects.get().value == value
    assert ModelEndpoint.objects.get().sealed_key == lost
