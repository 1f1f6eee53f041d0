import threading

import pytest
from django.db import connections

from system.firststart import OPERATOR, ensure_operator
from system.models import APIToken, User


@pytest.mark.django_db
def test_a_fresh_site_gets_an_operator_and_a_token():
    first = ensure_operator()

    operator = User.objects.get()
    assert operator.email == first.email == OPERATOR
    assert operator.is_superuser
    assert operator.is_staff
    assert operator.check_password(first.password)
    assert len(first.password) >= 16
    assert APIToken.objects.matching(first.token).get().tenant == operator.tenant


@pytest.mark.django_db
def test_a_site_with_users_gets_nothing(owner):
    assert ensure_operator() is None
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_racing_starts_make_one_operator():
    results = []

    def start():
        try:
            results.append(ensure_operator())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(result is not None for result in results) == 1
    assert len(results) == 5
    assert User.objects.count() == APIToken.objects.count() == 1
