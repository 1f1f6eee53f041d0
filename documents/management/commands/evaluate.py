"""`manage.py evaluate`: how well a dataset's search answers a test set; exits with 1 where that is not well enough."""

import json
import math
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.evaluation import keeping, measuring, metrics, reading
from documents.evaluation import settings as ways
from documents.evaluation.comparing import Comparison, compared
from documents.evaluation.measuring import Plan
from documents.evaluation.reading import Source
from documents.evaluation.settings import Setting
from documents.models import Evaluation, QuestionSet
from documents.rest.evaluation_output import EvaluatedSerializer
from knowledgebases.models import Knowledgebase
from knowledgebases.models.knowledgebase import KnowledgebaseQuerySet
from system.errors import RagError
from system.transactions import OUTAGE

_WRONG = 2  # exit code of what could not be measured
SECONDS = 10.0  # between two lines that tell how far it has come


class Command(BaseCommand):
    help = (
        "Ask a dataset the questions of a test set, and measure how well it finds what answers them. Exits with 1 "
        "where a metric is below --fail-under, with 2 where nothing could be measured."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        _add_what(parser)
        _add_how(parser)
        parser.add_argument("--baseline", metavar="ID", help="compare with this evaluation of before")
        parser.add_argument(
            "--fail-under",
            action="append",
            default=[],
            metavar="METRIC=VALUE",
            help="exit with 1 where an evaluation has less, such as ndcg@10=0.7; repeatable",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            least = dict(map(_least, options["fail_under"]))
            chosen = options["metric"] or list(metrics.DEFAULT)
            plan = Plan.of(
                ways.several([_given(one) for one in options["setting"]]),
                [*chosen, *least],
                hits=options["hits"],
                sample=options["sample"],
            )
            test_set = self._test_set(options)
            baseline = _baseline(test_set, options["baseline"])
            made = measuring.evaluate(test_set, plan, reached=_of_tenant(test_set), tell=self._tell())
        except RagError as error:
            raise CommandError(error.message, returncode=_WRONG) from None
        except OUTAGE as error:
            raise CommandError(f"The database does not answer: {error}", returncode=_WRONG) from None
        comparisons = compared(made, baseline)
        failed = [(one, name) for one in made for name in least if one.metrics[name] < least[name]]
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(test_set, made, comparisons, failed, least)))
        else:
            self.stdout.write("\n".join(_as_text(test_set, made, comparisons)))
        for one, name in failed:
            setting = Setting(one.setting)
            self.stderr.write(f"{name} is {one.metrics[name]:.4f} with {setting}, below {least[name]}.")
        if failed:
            raise SystemExit(1)

    def _tell(self) -> Callable[[str], None]:
        """Say now and then how far it has come, to somebody who looks: thousands of questions take minutes."""
        told, seen = time.monotonic(), self.stderr.isatty()

        def tell(done: str) -> None:
            nonlocal told
            if seen and (now := time.monotonic()) - told >= SECONDS:
                told = now
                self.stderr.write(f"{done} …")

        return tell

    def _test_set(self, options: dict[str, Any]) -> QuestionSet:
        """The test set that is named, with what is imported."""
        kb, name, files = _dataset(options["dataset"]), options["test_set"], options["files"]
        found = keeping.called(kb, name) if name else _only(kb, files)
        if found is None and not files:
            raise CommandError(f"The dataset has no test set {name!r}.", returncode=_WRONG)
        if files:
            drafts = reading.read([_source(file) for file in files])
            found, kept = keeping.take(kb, found or name, drafts, skip_missing=options["skip_missing"])
            self.stderr.write(
                f"Imported: {kept.added} questions added, {kept.replaced} replaced, {kept.left_out} left out "
                f"({kept.missing} judgements of what the dataset does not have)."
            )
        return found  # type: ignore[return-value]  # made above where it was None


def _add_what(parser: ArgumentParser) -> None:
    """The arguments that say what is asked."""
    parser.add_argument("--dataset", required=True, metavar="ID", help="id of a dataset, or its name")
    parser.add_argument("--test-set", metavar="NAME", help="may be left out where the dataset has but one")
    parser.add_argument(
        "--import",
        dest="files",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="add the questions of a .csv or .jsonl file, or of BEIR's queries.jsonl and qrels.tsv, first; makes the "
        "test set where there is none of that name",
    )
    parser.add_argument("--skip-missing", action="store_true", help="import what the dataset has, leave out the rest")
    parser.add_argument("--sample", type=int, metavar="N", help="ask N of the questions, the same ones each time")


def _add_how(parser: ArgumentParser) -> None:
    """The arguments that say how it is searched and measured."""
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="NAME=VALUE,…",
        help="a way to search, such as vector_similarity_weight=0.5,top_k=64; repeatable: the others are compared with "
        f"the first, and `{ways.FIRST}` is the search as it is. Names: {', '.join(ways.NAMES)}",
    )
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="NAME",
        help=f"ndcg@K, recall@K, mrr or mrr@K; repeatable; by default {', '.join(metrics.DEFAULT)}",
    )
    parser.add_argument("--hits", type=int, help="chunks that each search is asked for")


def _of_tenant(test_set: QuestionSet) -> KnowledgebaseQuerySet:
    return Knowledgebase.objects.live().filter(tenant=test_set.kb.tenant_id)


def _dataset(text: str) -> Knowledgebase:
    rows = Knowledgebase.objects.live()
    found = list(rows.filter(pk=text) or rows.named(text)[:10])
    if len(found) != 1:
        ids = ", ".join(kb.pk for kb in found)
        told = (
            f"Several datasets are called {text!r}: {ids}; give the id." if found else f"There is no dataset {text!r}."
        )
        raise CommandError(told, returncode=_WRONG)
    return found[0]


def _only(kb: Knowledgebase, files: Sequence[Path]) -> QuestionSet:
    """The only test set of a dataset."""
    found = list(QuestionSet.objects.filter(kb=kb)[:20])
    if len(found) == 1 and not files:
        return found[0]
    names = ", ".join(repr(one.name) for one in found) or "none yet"
    raise CommandError(f"Say which: --test-set NAME. The dataset has {names}.", returncode=_WRONG)


def _source(file: Path) -> Source:
    try:
        return Source(file.name, file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=_WRONG) from None


def _given(text: str) -> dict[str, Any]:
    """`name=value,name=value` as an object; values are JSON where they can be."""
    if text == ways.FIRST:
        return {}
    pairs = [pair.partition("=") for pair in text.split(",")]
    return {name.strip(): _value(value.strip()) for name, _, value in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _least(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        metric, least = metrics.parse(name).name, float(value)
        if math.isnan(least):  # nothing is below it
            raise ValueError("that is no number.")
        return metric, least
    except ValueError as error:
        raise CommandError(f"--fail-under takes METRIC=VALUE, not {text!r}: {error}", returncode=_WRONG) from None


def _baseline(test_set: QuestionSet, key: str | None) -> Evaluation | None:
    found = test_set.evaluations.filter(pk=key).first() if key else None
    if key and found is None:
        raise CommandError(f"The test set has no evaluation {key!r}.", returncode=_WRONG)
    return found


def _as_json(
    test_set: QuestionSet,
    made: Sequence[Evaluation],
    comparisons: Sequence[Comparison],
    failed: Sequence[tuple[Evaluation, str]],
    least: dict[str, float],
) -> dict[str, Any]:
    return {
        "dataset": test_set.kb_id,
        "test_set": test_set.name,
        **EvaluatedSerializer({"evaluations": made, "comparisons": comparisons}).data,
        "failed": [
            {"evaluation": one.pk, "metric": name, "value": one.metrics[name], "least": least[name]}
            for one, name in failed
        ],
    }


def _as_text(test_set: QuestionSet, made: Sequence[Evaluation], comparisons: Sequence[Comparison]) -> Iterator[str]:
    first = made[0]
    asked = f"{first.questions:,} questions to {test_set.kb.name}"
    yield f"{test_set.name}: {asked}, {first.chunks:,} chunks, {first.model}"
    if first.gone or first.unjudged:
        yield f"Left out: {first.gone:,} judgements of what is gone, {first.unjudged:,} questions without any other."
    wide = max(len(str(Setting(one.setting))) for one in made)
    heads = "".join(f"{name:>12}" for name in first.names)
    yield f"{'':{wide}}{heads}{'p50 ms':>12}{'p95 ms':>12}"
    for one in made:
        figures = "".join(f"{one.metrics[name]:12.4f}" for name in first.names)
        times = f"{one.timings['search_p50']:12.1f}{one.timings['search_p95']:12.1f}"
        note = f"   {one.degraded:,} searches without a model" if one.degraded else ""
        yield f"{Setting(one.setting)!s:{wide}}{figures}{times}   {one.pk}{note}"
    if "embedding_p50" in first.timings:
        times = f"{first.timings['embedding_p50']:12.1f}{first.timings['embedding_p95']:12.1f}"
        yield f"{'embedding':{wide}}{'':{12 * len(first.names)}}{times}"
    for comparison in comparisons:
        yield from _compared(comparison, known=comparison.before in made)


def _compared(comparison: Comparison, *, known: bool) -> Iterator[str]:
    before, after = (str(Setting(one.setting)) for one in (comparison.before, comparison.after))
    before += "" if known else f" ({comparison.before.pk})"
    rest = f", {comparison.unpaired:,} without a partner" if comparison.unpaired else ""
    yield f"{after} against {before}: {comparison.paired:,} questions{rest}"
    for name, one in comparison.metrics.items():
        found = one.difference
        yield f"  {name:12}{found.mean:+8.4f}   p {found.p:.4f}   {found.better:,} better, {found.worse:,} worse"
