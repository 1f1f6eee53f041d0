"""The short form of `make chaos`: whatever is hit, nothing is lost, doubled, or ever wrong; and it would be noticed."""

import pytest

from tests.chaos.chaos import run
from tests.chaos.papers import FEW
from tests.chaos.plan import Plan

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


def test_nothing_is_lost_doubled_or_wrong_whatever_is_hit(tmp_path):
    plan = Plan(seed=1, faults=12, tasks=18, seconds=12, papers=FEW)

    report = run(plan, tmp_path / "site")

    assert report.wrong == []
    assert report.short == []


def test_a_site_that_publishes_without_a_transaction_is_found_out(tmp_path):
    plan = Plan(seed=1, faults=200, tasks=200, seconds=200, papers=FEW)

    report = run(plan, tmp_path / "site", sabotage="transaction")

    assert report.violations
