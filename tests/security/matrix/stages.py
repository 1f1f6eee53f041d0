"""What has to be so for the owner's call to succeed, beyond what the world has."""

from documents import pausing, queueing, reindexing
from documents.models import What
from knowledgebases.models import Knowledgebase
from tests.security.matrix.world import Target, World


def running(world: World, target: Target) -> None:
    """A document is being parsed."""
    queueing.start([target.doc])


def stopped(world: World, target: Target) -> None:
    """A document was parsed, and then was not."""
    queueing.start([target.doc])
    queueing.stop([target.doc])


def paused(world: World, target: Target) -> None:
    """The dataset's ingestion is held back."""
    pausing.pause(Knowledgebase.objects.get(pk=target.kb))


def reindexing_it(world: World, target: Target) -> None:
    """The dataset is being reindexed."""
    reindexing.start(Knowledgebase.objects.get(pk=target.kb), what=What.LEXICAL, language="German")


STAGES = {"running": running, "stopped": stopped, "paused": paused, "reindexing": reindexing_it}
