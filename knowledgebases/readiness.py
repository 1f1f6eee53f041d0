"""Whether all that is in a dataset can be searched."""

from knowledgebases.models import Knowledgebase
from system.errors import Conflict


def require_parsed(kb: Knowledgebase) -> None:
    """Raise Conflict, naming a document and what to do about it, unless every searched document of `kb` is parsed."""
    waiting = kb.documents.not_ready()
    if document := waiting.in_progress().first():
        raise Conflict(f"Document `{document.name}` of dataset `{kb.name}` is still being parsed; wait for it.")
    if document := waiting.first():
        raise Conflict(
            f"Document `{document.name}` of dataset `{kb.name}` is not parsed ({document.get_run_display()}); parse "
            "it, or switch it off."
        )
