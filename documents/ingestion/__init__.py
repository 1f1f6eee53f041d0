"""One task: parse, chunk, embed, stage; reporting as it goes."""

from documents.ingestion.stages import EXPECTED, parser_limits, run

__all__ = ["EXPECTED", "parser_limits", "run"]
