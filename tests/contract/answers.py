"""Shapes of answers that several contract tests compare."""

DATASETS = "/api/v1/datasets"
UNKNOWN = "0" * 32

DATASET = {
    *("id", "avatar", "tenant_id", "name", "language", "description", "embedding_model", "permission", "created_by"),
    *("document_count", "token_num", "chunk_count", "similarity_threshold", "vector_similarity_weight"),
    *("chunk_method", "pipeline_id", "parser_config", "pagerank", "graphrag_task_id", "graphrag_task_finish_at"),
    *("raptor_task_id", "raptor_task_finish_at", "mindmap_task_id", "mindmap_task_finish_at", "status"),
    *("create_time", "create_date", "update_time", "update_date"),
}
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


def violation(path, text, value):
    """One line of a message that tells which rules fields break."""
    return f"Field: <{path}> - Message: <{text}> - Value: <{value}>"
