"""What people do to reindexes: begin them, hold them, change over, go back."""

from collections.abc import Callable, Mapping
from functools import partial

from django.db import transaction
from django.utils import timezone

from documents.models import Goal, Reindex, ReindexState, What
from documents.models.reindex import OPEN
from documents.waking import send_wakes
from knowledgebases import datasets
from knowledgebases.embedding import embedder_named
from knowledgebases.lexical import tokenizer
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, Conflict, NotFound
from system.transactions import retried

LANGUAGE_CHARS = 32


def start(
    kb: Knowledgebase,
    *,
    what: str = What.DENSE,
    model: str = "",
    language: str = "",
    goal: str = Goal.READY,
) -> Reindex:
    """Begin to make the search rows of a dataset anew: vectors with another model, words in another language.

    Without a model it is the dataset's own, which makes sense after its files were exchanged; without a language, too,
    after the tokenizer was. Raises ArgumentError for what cannot be had, Conflict where there is nothing to do, or
    another reindex of the dataset is open; one that was switched cannot be gone back from any more.
    """
    if what == What.LEXICAL and model:
        raise ArgumentError("`embedding_model` is of no use where words alone are made anew.")
    if what == What.DENSE and language:
        raise ArgumentError("`language` is of no use where vectors alone are made anew.")
    if len(language) > LANGUAGE_CHARS:
        raise ArgumentError(f"`language` may have at most {LANGUAGE_CHARS} characters.")
    if what != What.LEXICAL:
        _check_model(kb, model or kb.embd_id)
    return _begun(Reindex(kb=kb, what=what, goal=goal, model=model, language=language))


@retried
def _begun(job: Reindex) -> Reindex:
    kb = Knowledgebase.objects.live().select_for_update(no_key=True).filter(pk=job.kb_id).first()
    if kb is None:
        raise NotFound(f"There is no dataset {job.kb_id}.")
    if not kb.chunk_num:
        raise Conflict(
            f"Dataset `{kb.name}` has no chunks, so there is nothing to reindex: change its embedding model or "
            "language itself."
        )
    if (other := Reindex.objects.open().filter(kb=kb).first()) is not None:
        raise Conflict(
            f"Dataset `{kb.name}` is being reindexed already ({other.get_state_display().lower()}): wait for it, "
            "resume it, or roll it back."
        )
    if job.dense:
        job.model, job.former_model, job.former_space = job.model or kb.embd_id, kb.embd_id, kb.space
    if job.lexical:
        job.language, job.former_language = job.language or kb.language, kb.language
    job.total = kb.chunk_num * (job.dense + job.lexical)
    for kept in Reindex.objects.unfinished().filter(kb=kb).select_for_update():
        kept.let_go(ReindexState.FINISHED, "Another reindex was begun.", finished_at=timezone.now())
    job.pk = None  # where this is tried again
    job.save(force_insert=True)
    job.let_go(ReindexState.QUEUED, f"Begun: {_aims(job)}.")
    _wake()
    return job


@retried
def pause(job: Reindex) -> Reindex:
    """Hold it where it is. A worker that is at it finds out at its next batch."""
    job = _held(job)
    _require(job, "paused", ReindexState.QUEUED, ReindexState.BUILDING)
    job.let_go(ReindexState.PAUSED, "Paused.")
    return job


@retried
def resume(job: Reindex) -> Reindex:
    """Go on where it was paused, or has failed."""
    job = _held(job)
    _require(job, "resumed", ReindexState.PAUSED, ReindexState.FAILED)
    job.let_go(ReindexState.QUEUED, "Resumed.", waits=0, claims=0)
    _wake()
    return job


@retried
def switch(job: Reindex) -> Reindex:
    """Serve what is built, as soon as it is: at once where nothing is missing."""
    job = _held(job)
    if job.switched_at is not None:
        raise Conflict("This reindex was switched already.")
    _require(job, "switched", *(state for state in OPEN if state != ReindexState.FAILED))
    state = ReindexState.QUEUED if job.state == ReindexState.READY else job.state
    if job.state == ReindexState.BUILDING:  # its worker reads it at the end
        Reindex.objects.filter(pk=job.pk).update(goal=Goal.SWITCH)
        job.refresh_from_db()
    else:
        job.let_go(state, "To be switched when nothing is missing.", goal=Goal.SWITCH)
    _wake()
    return job


@retried
def rollback(job: Reindex) -> Reindex:
    """Go back to what was served before; what was built is dropped. Before the switch that is all there is to do."""
    job = _held(job)
    _require(job, "rolled back", *OPEN, ReindexState.SWITCHED)
    if job.switched_at is None:
        job.let_go(ReindexState.ROLLED_BACK, "Rolled back before it was switched.", finished_at=timezone.now())
    elif job.back and job.state != ReindexState.FAILED:
        cure = ": resume it" if job.state == ReindexState.PAUSED else ""
        raise Conflict(f"This reindex is being rolled back already ({job.get_state_display().lower()}){cure}.")
    else:
        told = "Rolling back: what has changed since the switch is made for the former search rows, too."
        job.let_go(ReindexState.QUEUED, told, goal=Goal.BACK, waits=0, claims=0)
        _wake()
    return job


@retried
def finish(job: Reindex) -> Reindex:
    """Stay with what is served: there is no way back from here, and what was kept for it goes."""
    job = _held(job)
    if job.switched_at is None or job.finished_at is not None:
        raise Conflict("There is nothing to finish: a reindex that was switched is finished, and once.")
    job.let_go(ReindexState.FINISHED, "Finished.", finished_at=timezone.now())
    return job


DEEDS: Mapping[str, Callable[[Reindex], Reindex]] = {
    "pause": pause,
    "resume": resume,
    "switch": switch,
    "rollback": rollback,
    "finish": finish,
}


def _check_model(kb: Knowledgebase, model: str) -> None:
    """Raise ArgumentError on a model that the tenant cannot use, Conflict on the one that it is embedded with."""
    datasets.check_model(kb.tenant, model)
    if model != kb.embd_id or kb.space is None:
        return
    embedder, now = embedder_named(kb, model), kb.space
    same = (now.model_id, now.revision, now.dimension) == (embedder.model_id, embedder.revision, embedder.dimension)
    if same:
        raise Conflict(f"Dataset `{kb.name}` is embedded with {model} already, and its model has not changed.")


def _aims(job: Reindex) -> str:
    words = f"words as {job.language}, tokenizer {tokenizer.REVISION}" if job.lexical else ""
    return " and ".join(filter(None, [f"vectors of {job.model}" if job.dense else "", words]))


def _held(job: Reindex) -> Reindex:
    """The row as it is now, locked."""
    current = Reindex.objects.select_for_update(of=("self",)).filter(pk=job.pk, kb__deleted_at=None).first()
    if current is None:
        raise NotFound("There is no such reindex any more.")
    return current


def _require(job: Reindex, done: str, *states: str) -> None:
    if job.state not in states:
        raise Conflict(f"A reindex that is {job.get_state_display().lower()} cannot be {done}.")


def _wake() -> None:
    transaction.on_commit(partial(send_wakes, 1), robust=True)
