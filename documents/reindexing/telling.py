"""How far a reindex is, in words."""

from documents.models import Reindex, ReindexState


def aims(job: Reindex) -> str:
    """What it makes of what."""
    vectors = f"vectors of {job.former_model} to those of {job.model}" if job.dense else ""
    words = f"words in {job.former_language} to words in {job.language}" if job.lexical else ""
    return " and ".join(filter(None, [vectors, words]))


def told(job: Reindex) -> str:
    """One line."""
    state = ReindexState(job.state).label.lower()
    parts = [f"{state}{' (on the way back)' if job.back and job.finished_at is None else ''}"]
    parts.append(f"{job.done:,} of {job.total:,} rows ({job.progress:.0%})")
    if (left := job.seconds_left) is not None:
        parts.append(f"{job.rate:,.0f} a second, about {_duration(left)} left")
    if job.message:
        parts.append(job.message)
    return "; ".join(parts)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
