"""Shapes of answers that several contract tests compare."""

UNKNOWN = "0" * 32

UPLOADED = {
    *("id", "dataset_id", "chunk_method", "pipeline_id", "parser_config", "created_by", "type", "name"),
    *("source_type", "suffix", "location", "size", "thumbnail", "run"),
}
DOCUMENT = {
    *UPLOADED,
    *("token_count", "chunk_count", "progress", "progress_msg", "process_begin_at", "process_duration", "meta_fields"),
    *("status", "create_time", "create_date", "update_time", "update_date"),
}
CHUNK = {
    *("id", "content", "document_id", "docnm_kwd", "important_keywords", "questions", "dataset_id", "image_id"),
    *("available", "positions"),
}


def failure(code, message):
    """A failure of variant R."""
    return {"code": code, "message": message}


def exception(message):
    """A failure of variant E."""
    return {"code": 100, "message": message, "data": None}
