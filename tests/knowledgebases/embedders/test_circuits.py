import pytest

from knowledgebases.embedders import circuits
from knowledgebases.models import Circuit
from system.errors import Suspended, Unavailable

pytestmark = pytest.mark.django_db


def test_then_one_caller_tries_and_closes_it_for_all(endpoint, later):
    circuits.failed(circuits.Pass(endpoint.pk), Unavailable("HTTP 429.", headers={"Retry-After": "20"}))
    later()
    leave = circuits.admit(endpoint.pk)

    with pytest.raises(Suspended) as refusal:
        circuits.admit(endpoint.pk)
    circuits.answered(leave)

    assert refusal.value.headers == {"Retry-After": "3"}
    assert circuits.admit(endpoint.pk) == circuits.Pass(endpoint.pk)


def test_a_trial_whose_caller_died_is_somebody_elses_in_time(endpoint, later):
    circuits.failed(circuits.Pass(endpoint.pk), Unavailable("x", headers={"Retry-After": "1"}))
    later()
    circuits.admit(endpoint.pk)  # and is never heard of again
    later(seconds=circuits.PROBE_SECONDS + 1)

    assert circuits.admit(endpoint.pk).probe


def test_a_late_failure_keeps_it_open_no_longer_and_a_late_answer_does_not_close_it(endpoint):
    early = circuits.admit(endpoint.pk)
    for _ in range(5):
        circuits.failed(circuits.Pass(endpoint.pk), Unavailable("x"))
    until = Circuit.objects.get().open_until

    circuits.failed(early, Unavailable("x"))
    circuits.answered(early)

    assert Circuit.objects.get().open_until == until


def test_an_endpoint_that_was_removed_meanwhile_is_no_error(endpoint):
    leave = circuits.admit(endpoint.pk)
    endpoint.delete()

    circuits.failed(leave, Unavailable("x"))
    circuits.answered(leave)

    assert not Circuit.objects.exists()
