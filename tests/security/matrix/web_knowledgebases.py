"""The routes of the web API about datasets."""

from tests.security.matrix.rows import NOAUTH, OWNER103, Refusal, Row

_CHANGES = {
    "name": "renamed",
    "description": "changed",
    "parser_id": "naive",
    "avatar": None,
    "embd_id": "all-MiniLM-L6-v2@Builtin",
    "permission": "team",
    "language": "English",
    "pagerank": 2,
    "parser_config": {"chunk_token_num": 64, "raptor": {"use_raptor": False}},
    "similarity_threshold": 0.1,
    "vector_similarity_weight": 0.5,
    "connectors": [],
}
_LIST = {"keywords": "", "page": 1, "page_size": 5, "parser_id": "naive", "orderby": "create_time", "desc": "true"}
_FORBIDDEN = ("id", "tenant_id", "created_by", "create_time")

ROWS = [
    Row(
        call="POST /v1/kb/create",
        body={
            "name": "new shelf",
            "parser_id": "naive",
            "parser_config": {"chunk_token_num": 64},
            "description": "described",
            "permission": "me",
            "avatar": None,
            "language": "English",
            "embd_id": "all-MiniLM-L6-v2@Builtin",
        },
    ),
    Row(
        call="POST /v1/kb/update",
        body={"kb_id": "{kb}", **_CHANGES},
        foreign=NOAUTH,
        mixed=Refusal(400, 101),
        mate=NOAUTH,
        also=_FORBIDDEN,
    ),
    Row(
        call="PUT /v1/kb/{kb}",
        body=_CHANGES,
        foreign=NOAUTH,
        mixed=Refusal(400, 101),
        mate=NOAUTH,
        also=_FORBIDDEN,
    ),
    Row(call="POST /v1/kb/rm", body={"kb_id": "{kb}"}, foreign=NOAUTH, mixed=None, mate=NOAUTH),
    Row(call="DELETE /v1/kb/{kb}", foreign=NOAUTH, mixed=None, mate=NOAUTH),
    Row(call="GET /v1/kb/list", query=_LIST),
    Row(call="POST /v1/kb/list", query=_LIST, body={"owner_ids": ["{tenant}"]}, reads=True),
    Row(call="GET /v1/kb/detail", query={"kb_id": "{kb}"}, foreign=OWNER103, mixed=None),
    Row(call="GET /v1/kb/basic_info", query={"kb_id": "{kb}"}, foreign=NOAUTH, mixed=None),
    Row(call="GET /v1/kb/get_meta", query={"kb_ids": "{kb},{kb}"}, foreign=NOAUTH),
    Row(call="GET /v1/kb/tags", query={"kb_ids": "{kb},{kb}"}, foreign=NOAUTH),
    Row(call="GET /v1/kb/{kb}/tags", foreign=NOAUTH, mixed=None),
    Row(call="POST /v1/kb/{kb}/rm_tags", body={"tags": ["zqteamtag"]}, foreign=NOAUTH, mixed=None, mate=NOAUTH),
    Row(
        call="POST /v1/kb/{kb}/rename_tag",
        body={"from_tag": "zqteamtag", "to_tag": "wet"},
        foreign=NOAUTH,
        mixed=None,
        mate=NOAUTH,
    ),
    Row(
        call="PUT /v1/kb/{kb}/config",
        body={"chunk_token_num": 64, "tag_kb_ids": ["a"], "pages": [[1, 2]], "raptor": {"use_raptor": False}},
        foreign=NOAUTH,
        mixed=None,
        mate=NOAUTH,
    ),
    Row(call="GET /v1/kb/{kb}/knowledge_graph", foreign=NOAUTH, mixed=None),
    Row(call="DELETE /v1/kb/{kb}/knowledge_graph", foreign=NOAUTH, mixed=None, mate=NOAUTH),
]
