"""The routes that the contract names, and our own beside them."""

from dataclasses import dataclass

CORE, SECOND, LATER, OWN = "CORE", "SECOND", "LATER", "own"


@dataclass(frozen=True, slots=True)
class Route:
    """A way to call the API: where the contract describes it, its envelope (A.1), and how much it matters (C.0)."""

    section: str
    variant: str
    scope: str
    method: str
    path: str

    @property
    def key(self) -> tuple[str, str]:
        """Method and path, with `{}` for every part of the path that holds a parameter."""
        return self.method, shape(self.path)


def shape(path: str) -> str:
    """A path of the contract or a pattern of the URLconf, without the names of its parameters."""
    parts = path.strip("/").split("/")
    return "/" + "/".join("{}" if set(part) & set("{<") else part for part in parts)


# Section, envelope, scope, methods, path. `bare` answers without an envelope; the bytes of files have none either.
_TABLE = """
B.1 R    CORE   POST,GET,DELETE /api/v1/datasets
B.1 R    CORE   PUT             /api/v1/datasets/{dataset_id}
B.1 R    SECOND GET,DELETE      /api/v1/datasets/{dataset_id}/knowledge_graph
B.1 R    SECOND POST            /api/v1/datasets/{dataset_id}/run_graphrag
B.1 R    SECOND GET             /api/v1/datasets/{dataset_id}/trace_graphrag
B.1 R    SECOND POST            /api/v1/datasets/{dataset_id}/run_raptor
B.1 R    SECOND GET             /api/v1/datasets/{dataset_id}/trace_raptor
B.2 R    CORE   POST,GET,DELETE /api/v1/datasets/{dataset_id}/documents
B.2 R    CORE   PUT,GET         /api/v1/datasets/{dataset_id}/documents/{document_id}
B.2 R    CORE   POST,DELETE     /api/v1/datasets/{dataset_id}/chunks
-   R    own    GET             /api/v1/datasets/{dataset_id}/progress
-   R    own    GET             /api/v1/datasets/{dataset_id}/events
-   R    own    GET             /api/v1/datasets/{dataset_id}/documents/{document_id}/progress
-   R    own    GET             /api/v1/datasets/{dataset_id}/documents/{document_id}/events
-   R    own    POST            /api/v1/datasets/{dataset_id}/pause
-   R    own    POST            /api/v1/datasets/{dataset_id}/resume
-   R    own    POST            /api/v1/datasets/{dataset_id}/retry
-   R    own    POST,GET        /api/v1/datasets/{dataset_id}/reindex
-   R    own    POST            /api/v1/datasets/{dataset_id}/reindex/{deed}
-   R    own    POST,GET        /api/v1/datasets/{dataset_id}/test_sets
-   R    own    GET,PUT,DELETE  /api/v1/datasets/{dataset_id}/test_sets/{test_set_id}
-   R    own    POST            /api/v1/datasets/{dataset_id}/test_sets/{test_set_id}/import
-   R    own    GET             /api/v1/datasets/{dataset_id}/test_sets/{test_set_id}/export
-   R    own    POST,GET,DELETE /api/v1/datasets/{dataset_id}/test_sets/{test_set_id}/questions
-   R    own    POST,GET        /api/v1/datasets/{dataset_id}/test_sets/{test_set_id}/evaluations
-   R    own    GET,DELETE      /api/v1/datasets/{dataset_id}/test_sets/{test_set_id}/evaluations/{evaluation_id}
-   bare own    GET             /metrics
B.3 R    CORE   POST,GET,DELETE /api/v1/datasets/{dataset_id}/documents/{document_id}/chunks
B.3 R    CORE   PUT             /api/v1/datasets/{dataset_id}/documents/{document_id}/chunks/{chunk_id}
B.3 R    CORE   POST            /api/v1/retrieval
B.4 W    SECOND POST            /api/v1/file/upload
B.4 W    SECOND POST            /api/v1/file/create
B.4 W    SECOND GET             /api/v1/file/list
B.4 W    SECOND GET             /api/v1/file/root_folder
B.4 W    SECOND GET             /api/v1/file/parent_folder
B.4 W    SECOND GET             /api/v1/file/all_parent_folder
B.4 W    SECOND POST            /api/v1/file/rm
B.4 W    SECOND POST            /api/v1/file/rename
B.4 W    SECOND GET             /api/v1/file/get/{file_id}
B.4 W    SECOND POST            /api/v1/file/mv
B.4 W    SECOND POST            /api/v1/file/convert
B.5 R    SECOND POST,GET,DELETE /api/v1/chats
B.5 R    SECOND PUT             /api/v1/chats/{chat_id}
B.6 R    SECOND POST,GET,DELETE /api/v1/chats/{chat_id}/sessions
B.6 R    SECOND PUT             /api/v1/chats/{chat_id}/sessions/{session_id}
B.6 R    SECOND POST            /api/v1/chats/{chat_id}/completions
B.6 bare SECOND POST            /api/v1/chats_openai/{chat_id}/chat/completions
B.6 R    SECOND POST            /api/v1/sessions/ask
B.6 R    SECOND POST            /api/v1/sessions/related_questions
B.7 bare CORE   POST            /api/v1/dify/retrieval
C.1 W    CORE   POST            /v1/user/register
C.1 W    CORE   POST            /v1/user/login
C.1 W    CORE   GET             /v1/user/logout
C.1 W    CORE   GET             /v1/user/info
C.1 W    CORE   POST            /v1/user/setting
C.1 W    CORE   GET             /v1/user/tenant_info
C.1 W    CORE   POST            /v1/user/set_tenant_info
C.1 W    CORE   GET             /v1/user/login/channels
C.1 W    SECOND GET             /v1/user/forget/captcha
C.1 W    SECOND POST            /v1/user/forget/otp
C.1 W    SECOND POST            /v1/user/forget
C.2 W    CORE   GET             /v1/tenant/list
C.2 W    CORE   GET             /v1/tenant/{tenant_id}/user/list
C.2 W    CORE   POST            /v1/tenant/{tenant_id}/user
C.2 W    CORE   PUT             /v1/tenant/agree/{tenant_id}
C.2 W    CORE   DELETE          /v1/tenant/{tenant_id}/user/{user_id}
C.3 W    CORE   GET             /v1/system/version
C.3 W    CORE   GET             /v1/system/status
C.3 bare CORE   GET             /v1/system/healthz
C.3 bare CORE   GET             /v1/system/ping
C.3 W    CORE   GET             /v1/system/config
C.3 W    CORE   POST            /v1/system/new_token
C.3 W    CORE   GET             /v1/system/token_list
C.3 W    CORE   DELETE          /v1/system/token/{token}
C.4 W    CORE   POST            /v1/kb/create
C.4 W    CORE   GET,POST        /v1/kb/list
C.4 W    CORE   GET             /v1/kb/detail
C.4 W    CORE   POST            /v1/kb/update
C.4 W    CORE   POST            /v1/kb/rm
C.4 W    CORE   GET             /v1/kb/basic_info
C.4 W    CORE   GET             /v1/kb/get_meta
C.4 W    CORE   GET             /v1/kb/tags
C.4 W    CORE   GET             /v1/kb/{kb_id}/tags
C.4 W    CORE   POST            /v1/kb/{kb_id}/rm_tags
C.4 W    CORE   POST            /v1/kb/{kb_id}/rename_tag
C.4 W    CORE   PUT,DELETE      /v1/kb/{kb_id}
C.4 W    CORE   PUT             /v1/kb/{kb_id}/config
C.4 W    CORE   GET,DELETE      /v1/kb/{kb_id}/knowledge_graph
C.4 W    SECOND POST            /v1/kb/run_graphrag
C.4 W    SECOND POST            /v1/kb/run_raptor
C.4 W    SECOND POST            /v1/kb/run_mindmap
C.4 W    SECOND GET             /v1/kb/trace_graphrag
C.4 W    SECOND GET             /v1/kb/trace_raptor
C.4 W    SECOND GET             /v1/kb/trace_mindmap
C.4 W    SECOND DELETE          /v1/kb/unbind_task
C.4 W    SECOND POST            /v1/kb/list_pipeline_logs
C.4 W    SECOND POST            /v1/kb/list_pipeline_dataset_logs
C.4 W    SECOND POST            /v1/kb/delete_pipeline_logs
C.4 W    SECOND GET             /v1/kb/pipeline_log_detail
C.4 W    SECOND POST            /v1/kb/check_embedding
C.5 W    CORE   POST            /v1/document/upload
C.5 W    CORE   POST            /v1/document/create
C.5 W    CORE   POST            /v1/document/list
C.5 W    CORE   POST            /v1/document/filter
C.5 W    CORE   POST            /v1/document/infos
C.5 W    CORE   GET             /v1/document/thumbnails
C.5 W    CORE   POST            /v1/document/change_status
C.5 W    CORE   POST            /v1/document/rm
C.5 W    CORE   POST            /v1/document/run
C.5 W    CORE   POST            /v1/document/rename
C.5 W    CORE   GET             /v1/document/get/{document_id}
C.5 W    CORE   POST            /v1/document/change_parser
C.5 W    CORE   GET             /v1/document/image/{bucket}-{name}
C.5 W    CORE   POST            /v1/document/set_meta
C.5 W    SECOND POST            /v1/document/web_crawl
C.5 W    SECOND POST            /v1/document/parse
C.5 W    SECOND POST            /v1/document/upload_and_parse
C.5 W    SECOND GET             /v1/document/download/{document_id}
-   W    own    GET             /v1/document/link/{document_id}
C.6 W    CORE   POST            /v1/chunk/list
C.6 W    CORE   GET             /v1/chunk/get
C.6 W    CORE   POST            /v1/chunk/create
C.6 W    CORE   POST            /v1/chunk/set
C.6 W    CORE   POST            /v1/chunk/switch
C.6 W    CORE   POST            /v1/chunk/rm
C.6 W    CORE   POST            /v1/chunk/retrieval_test
C.6 W    SECOND GET             /v1/chunk/knowledge_graph
C.7 W    SECOND POST            /v1/file/upload
C.7 W    SECOND POST            /v1/file/create
C.7 W    SECOND GET             /v1/file/list
C.7 W    SECOND GET             /v1/file/root_folder
C.7 W    SECOND GET             /v1/file/parent_folder
C.7 W    SECOND GET             /v1/file/all_parent_folder
C.7 W    SECOND POST            /v1/file/rm
C.7 W    SECOND POST            /v1/file/rename
C.7 W    SECOND POST            /v1/file/mv
C.7 W    SECOND GET             /v1/file/get/{file_id}
C.7 W    SECOND POST            /v1/file2document/convert
C.7 W    SECOND POST            /v1/file2document/rm
C.8 W    SECOND POST            /v1/dialog/set
C.8 W    SECOND GET             /v1/dialog/get
C.8 W    SECOND GET             /v1/dialog/list
C.8 W    SECOND POST            /v1/dialog/next
C.8 W    SECOND POST            /v1/dialog/rm
C.9 W    SECOND POST            /v1/conversation/set
C.9 W    SECOND GET             /v1/conversation/get
C.9 W    SECOND GET             /v1/conversation/list
C.9 W    SECOND POST            /v1/conversation/rm
C.9 W    SECOND POST            /v1/conversation/completion
C.9 W    SECOND POST            /v1/conversation/delete_msg
C.9 W    SECOND POST            /v1/conversation/thumbup
C.9 W    SECOND POST            /v1/conversation/ask
C.9 W    SECOND POST            /v1/conversation/mindmap
C.9 W    SECOND POST            /v1/conversation/related_questions
C.9 W    SECOND POST            /v1/conversation/tts
C.9 W    SECOND GET             /v1/conversation/getsse/{dialog_id}
C.10 W   CORE   POST            /v1/api/new_token
C.10 W   CORE   GET             /v1/api/token_list
C.10 W   CORE   POST            /v1/api/rm
C.10 W   CORE   GET             /v1/api/stats
C.11 W   CORE   GET             /v1/llm/my_llms
C.11 W   CORE   POST            /v1/llm/set_api_key
C.11 W   SECOND GET             /v1/llm/factories
C.11 W   SECOND GET             /v1/llm/list
C.11 W   SECOND POST            /v1/llm/add_llm
C.11 W   SECOND POST            /v1/llm/delete_llm
C.11 W   SECOND POST            /v1/llm/enable_llm
C.11 W   SECOND POST            /v1/llm/delete_factory
"""

ROUTES = [
    Route(section, variant, scope, method, path)
    for section, variant, scope, methods, path in map(str.split, _TABLE.strip().splitlines())
    for method in methods.split(",")
]

FAMILIES = {
    "/v1/canvas": LATER,
    "/api/v1/agents": LATER,
    "/api/v1/agents_openai": LATER,
    "/api/v1/agentbots": LATER,
    "/api/v1/webhook": LATER,
    "/v1/mcp_server": LATER,
    "/v1/langfuse": LATER,
    "/v1/plugin": LATER,
    "/v1/connector": LATER,
    "/v1/search": LATER,
    "/api/v1/searchbots": LATER,
}
"""Beginnings of paths that the contract names without their routes (C.0)."""
