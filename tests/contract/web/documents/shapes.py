"""Shapes of answers that the tests of the web API's document routes compare."""

UPLOADED = {
    *("id", "kb_id", "parser_id", "pipeline_id", "parser_config", "created_by", "type", "name", "source_type"),
    *("suffix", "location", "size", "thumbnail"),
}
DOCUMENT = {
    *UPLOADED,
    *("run", "chunk_num", "token_num", "progress", "progress_msg", "process_begin_at", "process_duration"),
    *("meta_fields", "status", "create_time", "create_date", "update_time", "update_date"),
}
LISTED = {*DOCUMENT, "title", "pipeline_name", "nickname"}
NOAUTH = {"code": 109, "message": "No authorization.", "data": False}
OWNER103 = {"code": 103, "message": "Only owner of knowledgebase authorized for this operation.", "data": False}
TRUE = {"code": 0, "message": "success", "data": True}


def refusal(code, message, data=None):
    """A failure of variant W."""
    return {"code": code, "message": message, "data": data}


def missing(*keys):
    """The failure that tells of keys that are missing."""
    return refusal(101, f"required argument are missing: {','.join(keys)}; ")
