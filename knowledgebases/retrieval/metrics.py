"""What is counted of the searches of users."""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Histogram

SEARCHES = Counter(
    "ragsite_searches",
    "Searches, by how they ended: `full`, `degraded` (less than was asked for) or `failed` (without an answer).",
    ["outcome"],
)
DEGRADED = Counter(
    "ragsite_searches_degraded",
    "Searches whose answer was less than was asked for, by the stage that failed; one may have several.",
    ["stage"],
)
SECONDS = Histogram(
    "ragsite_search_duration_seconds",
    "Seconds that the stages of searches took, and in all (`total`).",
    ["stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def answered(timings: Mapping[str, float], degraded: Iterable[str]) -> None:
    """Count a search that was answered; `degraded` names the stages that gave less than was asked for."""
    stages = [*degraded]
    _ended("degraded" if stages else "full", timings)
    for stage in stages:
        DEGRADED.labels(stage).inc()


def failed(timings: Mapping[str, float]) -> None:
    """Count a search that ended in an error."""
    _ended("failed", timings)


def _ended(outcome: str, timings: Mapping[str, float]) -> None:
    SEARCHES.labels(outcome).inc()
    for stage, milliseconds in timings.items():
        SECONDS.labels(stage).observe(milliseconds / 1000)
