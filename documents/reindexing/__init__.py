"""Search rows of a dataset made anew while it is served: vectors of another model, words of another language.

What is to be built follows from the rows that are there: chunks without a vector in the new space, without newly
weighed words. So nothing depends on who writes chunks meanwhile, a worker that is killed costs a batch, and going back
is the same work with the other space. Writers keep to what is served; triggers drop what they outdate
(`knowledgebases.models.index`), and then it is missing again. The change-over itself is one short transaction, in which
nothing is missing.
"""

from documents.reindexing.deeds import DEEDS, finish, pause, resume, rollback, start, switch
from documents.reindexing.working import advance

__all__ = ["DEEDS", "advance", "finish", "pause", "resume", "rollback", "start", "switch"]
