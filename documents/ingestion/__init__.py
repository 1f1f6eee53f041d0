"""One task: a document read window by window, or one of its parts; reporting as it goes.

A document's task reads the file. Where it turns out small, the same task embeds it; else each PART passages become a
task of their own, which any worker may take while the reading goes on. What is read is staged with the place where
reading goes on, so that a try that dies costs one window, or one batch of embeddings.
"""

from documents.ingestion.stages import EXPECTED, parser_limits, run

__all__ = ["EXPECTED", "parser_limits", "run"]
