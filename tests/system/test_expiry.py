from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from system import expiry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _due(monkeypatch):
    monkeypatch.setattr(expiry, "_due", 0.0)


def test_sessions_that_expired_are_deleted_and_others_kept():
    for name, days in (("gone", -1), ("alive", 1)):
        Session.objects.create(session_key=name, session_data="", expire_date=timezone.now() + timedelta(days=days))

    assert expiry.forget_sessions() == 1
    assert Session.objects.get().session_key == "alive"


def test_it_is_looked_for_now_and_then_alone(django_assert_num_queries):
    expiry.forget_sessions()

    with django_assert_num_queries(0):
        assert expiry.forget_sessions() == 0
