"""What the tests of the dataset routes share."""

import pytest

from tests.contract.answers import DATASETS


@pytest.fixture
def create(api):
    def create(**body):
        return api.post(DATASETS, {"name": "dataset", **body}, format="json")

    return create


@pytest.fixture
def change(api, kb):
    def change(**body):
        return api.put(f"{DATASETS}/{kb.pk}", body, format="json")

    return change
