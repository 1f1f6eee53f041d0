"""Two evaluations of a test set, question by question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.evaluation.metrics import mean
from documents.evaluation.significance import Difference, difference
from documents.models import EvaluatedQuestion, Evaluation


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric over the questions that both evaluations asked."""

    before: float
    after: float
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `after` gains over `before`."""

    before: Evaluation
    after: Evaluation
    paired: int
    """Questions that both asked, in the same words and with the same answers."""
    unpaired: int
    """The others, of either: added, deleted, changed, or judged otherwise in between."""
    metrics: Mapping[str, Compared]
    """Those that both have."""


def compare(before: Evaluation, after: Evaluation) -> Comparison:
    """Pair the questions of two evaluations of one test set."""
    first, second = _values(before), _values(after)
    both = [key for key in first if key in second]
    metrics = {}
    for name in (name for name in after.names if name in before.names and both):
        was, now = [first[key][name] for key in both], [second[key][name] for key in both]
        metrics[name] = Compared(mean(was), mean(now), difference(was, now))
    return Comparison(before, after, len(both), len(first) + len(second) - 2 * len(both), metrics)


def compared(made: Sequence[Evaluation], baseline: Evaluation | None) -> list[Comparison]:
    """What each gains over the baseline, or the later ones over the first."""
    before, after = (baseline, made) if baseline else (made[0], made[1:])
    return [compare(before, one) for one in after]


def _values(evaluation: Evaluation) -> dict[str, Mapping[str, float]]:
    rows = EvaluatedQuestion.objects.filter(evaluation=evaluation).order_by("pk")
    return dict(rows.values_list("asked", "values"))
