"""Making, renaming and deleting test sets, and keeping questions in them."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from documents.evaluation.drafts import SHOWN, Draft, Named, label_of, refuse_many
from documents.evaluation.resolving import Meant, Names
from documents.models import Judgement, Question, QuestionSet
from documents.models.question import NAME_CHARS
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, Conflict, NotFound, TooLarge
from system.transactions import retried

SETS = 100  # of one dataset
QUESTIONS = 10_000  # of one test set


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the questions of an import."""

    added: int
    replaced: int
    missing: int
    """Judgements that were left out because the dataset has nothing of that name."""
    left_out: int
    """Questions that were left out because all of their judgements were."""


def create(kb: Knowledgebase, name: str) -> QuestionSet:
    """A test set of a dataset. Raises Conflict where the name is taken, TooLarge where there are SETS already."""
    if QuestionSet.objects.filter(kb=kb).count() >= SETS:
        raise TooLarge(f"A dataset may have {SETS} test sets; delete one first.")
    question_set = QuestionSet(kb=kb, name=_name(name))
    with _free(question_set.name):
        question_set.save(force_insert=True)
    return question_set


def rename(question_set: QuestionSet, name: str) -> QuestionSet:
    """Give a test set another name. Raises Conflict where it is taken, NotFound where the set has gone."""
    question_set.name, question_set.updated_at = _name(name), timezone.now()
    with _free(question_set.name):
        rows = QuestionSet.objects.filter(pk=question_set.pk)
        if not rows.update(name=question_set.name, updated_at=question_set.updated_at):
            raise _gone()
    return question_set


def called(kb: Knowledgebase, name: str) -> QuestionSet | None:
    """The test set of that name, whatever its case."""
    rows = QuestionSet.objects.filter(kb=kb).alias(folded=Lower("name"))
    return rows.filter(folded=Lower(Value(name.strip()))).first()


def remove(question_set: QuestionSet, keys: Collection[str]) -> int:
    """Take questions away; returns how many. What evaluations found for them stays."""
    rows = question_set.questions.filter(key__in=keys)
    return rows.delete()[1].get(Question._meta.label, 0)


@retried
def take(
    kb: Knowledgebase, into: QuestionSet | str, drafts: Sequence[Draft], *, skip_missing: bool = False
) -> tuple[QuestionSet, Kept]:
    """Keep questions in a test set, or in a new one of that name, which is made only if they can be."""
    question_set = create(kb, into) if isinstance(into, str) else into
    return question_set, put(question_set, drafts, skip_missing=skip_missing)


@retried
def put(question_set: QuestionSet, drafts: Sequence[Draft], *, skip_missing: bool = False) -> Kept:
    """Keep questions; one whose key is there takes the place of the former. All of them, or none.

    Raises ArgumentError where a name means nothing in the dataset (with `skip_missing` such a judgement is left out),
    or several documents, or where something comes twice; TooLarge beyond QUESTIONS; NotFound where the set has gone.
    """
    locked = QuestionSet.objects.select_for_update(no_key=True).filter(pk=question_set.pk).first()
    if locked is None:
        raise _gone()
    _refuse_repeated(drafts)
    names = Names(locked.kb, (one for draft in drafts for one in draft.named))
    names.refuse([one for draft in drafts for one in draft.named if _unclear(names, one, skip_missing=skip_missing)])
    judged = [(draft, _meant(names, draft)) for draft in drafts]
    asked = [(draft, meant) for draft, meant in judged if meant]
    before = {question.key: question for question in locked.questions.filter(key__in=[one.key for one, _ in asked])}
    if locked.questions.count() + len(asked) - len(before) > QUESTIONS:
        raise TooLarge(f"A test set may have {QUESTIONS:,} questions; these would be more. Make another one.")
    _write(locked, asked, before)
    QuestionSet.objects.filter(pk=locked.pk).update(updated_at=timezone.now())
    missing = sum(len(draft.named) - len(meant) for draft, meant in judged)
    return Kept(len(asked) - len(before), len(before), missing, len(drafts) - len(asked))


def _unclear(names: Names, one: Named, *, skip_missing: bool) -> bool:
    found = len(names.of(one))
    return found > 1 or (found == 0 and not skip_missing)


def _refuse_repeated(drafts: Sequence[Draft]) -> None:
    seen: set[str] = set()
    for draft in drafts:
        if draft.key in seen:
            raise ArgumentError(f"{draft.named[0].where}: the question {draft.key[:SHOWN]!r} was there before.")
        seen.add(draft.key)
    refuse_many(sum(len(draft.named) for draft in drafts))


def _meant(names: Names, draft: Draft) -> dict[Meant, int]:
    """What the draft's names mean, with their grades."""
    grades: dict[Meant, int] = {}
    for one in draft.named:
        for meant in names.of(one):
            if meant in grades:
                raise ArgumentError(f"{one.where}: {one.name[:SHOWN]!r} is judged twice for {draft.key[:SHOWN]!r}.")
            grades[meant] = one.grade
    return grades


def _write(
    question_set: QuestionSet, asked: Sequence[tuple[Draft, dict[Meant, int]]], before: dict[str, Question]
) -> None:
    for draft, _ in asked:
        if (former := before.get(draft.key)) is not None:
            former.text = draft.text
    Judgement.objects.filter(question__in=before.values()).delete()
    Question.objects.bulk_update(before.values(), ["text"], batch_size=500)
    new = [draft for draft, _ in asked if draft.key not in before]
    added = Question.objects.bulk_create(
        (Question(question_set=question_set, key=draft.key, text=draft.text) for draft in new), 500
    )
    questions = {question.key: question for question in [*added, *before.values()]}
    Judgement.objects.bulk_create(
        (
            Judgement(
                question=questions[draft.key],
                document_id=meant.document_id,
                name=meant.document_name,
                chunk_id=meant.chunk_id,
                grade=grade,
            )
            for draft, grades in asked
            for meant, grade in grades.items()
        ),
        2000,
    )


def _name(name: str) -> str:
    return label_of(name, where="Test set", what="name", limit=NAME_CHARS)


@contextmanager
def _free(name: str) -> Iterator[None]:
    """Raise Conflict where the name that is written is taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "question_set_name" not in str(error):
            raise
        raise Conflict(f"The dataset has a test set {name!r} already.") from None


def _gone() -> NotFound:
    return NotFound("The test set has been deleted.")
