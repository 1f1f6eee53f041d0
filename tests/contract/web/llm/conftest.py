"""Models of a tenant at the web API."""

import pytest

KEY = "zhipu-0123456789abcdef.ABCDEFGH"


@pytest.fixture
def set_key(web):
    """Set up the models of a provider; returns the answer."""

    def set_key(client=web, **body):
        return client.post("/v1/llm/set_api_key", {"llm_factory": "ZHIPU-AI", "api_key": KEY, **body}, format="json")

    return set_key
