"""Tokens of dialogs at the web API."""

import pytest

DIALOG, AGENT = "d" * 32, "a" * 32


@pytest.fixture
def issue(web):
    """Issue a token; returns the answer."""

    def issue(client=web, **body):
        return client.post("/v1/api/new_token", body or {"dialog_id": DIALOG}, format="json")

    return issue


@pytest.fixture
def listed(web):
    """The values of the tokens of a dialog."""

    def listed(client=web, **query):
        rows = client.get("/v1/api/token_list", query or {"dialog_id": DIALOG}).json()["data"]
        return [row["token"] for row in rows]

    return listed
