"""What has to be so for the owner's call to succeed, beyond what the world has."""

from documents import queueing
from tests.security.matrix.world import Target, World


def running(world: World, target: Target) -> None:
    """A document is being parsed."""
    queueing.start([target.doc])


STAGES = {"running": running}
