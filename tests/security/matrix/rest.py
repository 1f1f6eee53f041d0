"""The routes of the REST API."""

from tests.security.matrix.rows import LACKS, LOOKUP, NO_ROW, NOAUTH, Refusal, Row

_DATASET = "/api/v1/datasets/{kb}"
_DOCUMENT = f"{_DATASET}/documents/{{doc}}"
_TEST_SET = f"{_DATASET}/test_sets/{{test_set}}"

ROWS = [
    # --- datasets ---
    Row(
        call="POST /api/v1/datasets",
        body={
            "name": "new shelf",
            "avatar": "data:image/png;base64,AAAA",
            "description": "described",
            "embedding_model": "all-MiniLM-L6-v2@Builtin",
            "permission": "me",
            "chunk_method": "naive",
            "parser_config": {
                "chunk_token_num": 128,
                "delimiter": "\n",
                "tag_kb_ids": [],
                "pages": [[1, 2]],
                "filename_embd_weight": 0.1,
                "raptor": {"use_raptor": False, "threshold": 0.1},
                "graphrag": {"use_graphrag": False, "entity_types": ["person"]},
            },
        },
        mixed=Refusal(400, 101),
        limited=LACKS,
    ),
    Row(
        call="GET /api/v1/datasets",
        query={"page": 1, "page_size": 30, "orderby": "create_time", "desc": "true"},
        also=("id", "name"),
    ),
    Row(call="GET /api/v1/datasets", query={"id": "{kb}"}, foreign=LACKS, mixed=None),
    Row(
        call="PUT /api/v1/datasets/{kb}",
        body={
            "name": "renamed",
            "avatar": None,
            "description": "changed",
            "embedding_model": "all-MiniLM-L6-v2@Builtin",
            "permission": "team",
            "chunk_method": "naive",
            "parser_config": {"chunk_token_num": 128, "raptor": {"use_raptor": False}},
            "pagerank": 3,
        },
        foreign=LACKS,
        mixed=Refusal(400, 101),
        mate=LACKS,
    ),
    Row(call="DELETE /api/v1/datasets", body={"ids": ["{kb}"]}, foreign=LACKS, mate=LACKS),
    # --- documents ---
    Row(
        call=f"POST {_DATASET}/documents",
        query={"on_conflict": "keep"},
        form={"parent_path": "a/b", "on_conflict": "keep"},
        files=("new.txt", "newer.md"),
        foreign=LOOKUP,
        mixed=None,
    ),
    Row(
        call=f"GET {_DATASET}/documents",
        query={
            "id": "{doc}",
            "name": "",
            "keywords": "t",
            "page": 1,
            "page_size": 5,
            "orderby": "create_time",
            "desc": "true",
            "suffix": "txt",
            "run": "UNSTART",
            "create_time_from": 0,
            "create_time_to": 0,
        },
        foreign=NO_ROW,
    ),
    Row(call=f"DELETE {_DATASET}/documents", body={"ids": ["{doc}"]}, foreign=NO_ROW, half=True),
    Row(
        call=f"PUT {_DOCUMENT}",
        body={
            "name": "renamed.txt",
            "meta_fields": {"a": "b"},
            "parser_config": {"chunk_token_num": 64},
            "chunk_method": "naive",
            "enabled": 1,
        },
        foreign=NO_ROW,
        mate=NO_ROW,
        also=("chunk_count", "token_count", "progress"),
    ),
    Row(call=f"GET {_DOCUMENT}", foreign=NO_ROW, mate=NO_ROW, bare=True),
    Row(call=f"POST {_DATASET}/chunks", body={"document_ids": ["{doc}"]}, foreign=NO_ROW, half=True),
    Row(
        call=f"DELETE {_DATASET}/chunks",
        body={"document_ids": ["{doc}"]},
        foreign=NO_ROW,
        before="running",
        half=True,
    ),
    Row(call=f"POST {_DATASET}/pause", body={}, foreign=NO_ROW, mixed=None, mate=NO_ROW),
    Row(call=f"POST {_DATASET}/resume", body={}, foreign=NO_ROW, mixed=None, mate=NO_ROW, before="paused"),
    Row(
        call=f"POST {_DATASET}/retry",
        body={"document_ids": ["{doc}"], "canceled": True},
        foreign=NO_ROW,
        before="stopped",
    ),
    # --- reindexing ---
    Row(
        call=f"POST {_DATASET}/reindex",
        body={"what": "lexical", "embedding_model": "", "language": "German", "switch": False},
        foreign=NO_ROW,
        mixed=Refusal(400, 101),
        mate=NO_ROW,
    ),
    Row(call=f"GET {_DATASET}/reindex", foreign=NO_ROW, mixed=None, before="reindexing"),
    *(
        Row(
            call=f"POST {_DATASET}/reindex/{deed}",
            body={},
            foreign=NO_ROW,
            mixed=None,
            mate=NO_ROW,
            before="reindexing",
        )
        for deed in ("pause", "switch", "rollback")
    ),
    # --- progress ---
    Row(
        call=f"GET {_DATASET}/progress",
        query={"wait": 0, "page": 1, "page_size": 5},
        foreign=NO_ROW,
        mixed=None,
    ),
    Row(call=f"GET {_DOCUMENT}/progress", query={"wait": 0}, foreign=NO_ROW),
    Row(call=f"GET {_DATASET}/events", query={"seconds": 0}, foreign=NO_ROW, mixed=None, bare=True),
    Row(call=f"GET {_DOCUMENT}/events", query={"seconds": 0}, foreign=NO_ROW, bare=True),
    # --- chunks ---
    Row(
        call=f"POST {_DOCUMENT}/chunks",
        body={"content": "new otters", "important_keywords": ["wet"], "questions": ["Why?"]},
        foreign=NO_ROW,
    ),
    Row(
        call=f"GET {_DOCUMENT}/chunks",
        query={"page": 1, "page_size": 5, "keywords": "otters"},
        foreign=NO_ROW,
        also=("id",),
    ),
    Row(call=f"GET {_DOCUMENT}/chunks", query={"id": "{chunk}"}, foreign=NO_ROW),
    Row(call=f"DELETE {_DOCUMENT}/chunks", body={"chunk_ids": ["{chunk}"]}, foreign=NO_ROW, mixed=LOOKUP),
    Row(
        call=f"PUT {_DOCUMENT}/chunks/{{chunk}}",
        body={
            "content": "changed otters",
            "important_keywords": ["wet"],
            "questions": ["Why?"],
            "available": 1,
            "positions": [[1, 2, 3, 4, 5]],
        },
        foreign=NO_ROW,
    ),
    # --- searching ---
    Row(
        call="POST /api/v1/retrieval",
        body={
            "dataset_ids": ["{kb}"],
            "question": "otters",
            "document_ids": ["{doc}"],
            "page": 1,
            "page_size": 5,
            "similarity_threshold": 0.0,
            "vector_similarity_weight": 0.3,
            "top_k": 16,
            "rerank_id": None,
            "keyword": False,
            "highlight": True,
            "cross_languages": [],
            "metadata_condition": {
                "or": [
                    {"not": {"name": "year", "comparison_operator": "in", "value": [1], "type": "number"}},
                    {"name": "colour", "comparison_operator": "is", "value": "red"},
                ]
            },
            "use_kg": False,
            "explain": True,
            "timings": True,
        },
        foreign=NO_ROW,
        reads=True,
    ),
    Row(
        call="POST /api/v1/dify/retrieval",
        body={
            "knowledge_id": "{kb}",
            "query": "otters",
            "retrieval_setting": {"score_threshold": 0.0, "top_k": 5},
            "metadata_condition": {"conditions": [{"name": "colour", "comparison_operator": "is", "value": "red"}]},
            "use_kg": False,
        },
        foreign=Refusal(404, 404),
        mixed=None,
        cells={"session of another": Refusal(403, 403)},
        nobody=Refusal(403, 403),
        reads=True,
        bare=True,
    ),
    # --- test sets ---
    Row(
        call=f"POST {_DATASET}/test_sets",
        body={"name": "new questions"},
        foreign=NO_ROW,
        mixed=Refusal(400, 101),
        mate=NO_ROW,
    ),
    Row(call=f"GET {_DATASET}/test_sets", foreign=NO_ROW, mixed=None),
    Row(call=f"GET {_TEST_SET}", foreign=NO_ROW),
    Row(call=f"PUT {_TEST_SET}", body={"name": "renamed"}, foreign=NO_ROW, mate=NO_ROW),
    Row(call=f"DELETE {_TEST_SET}", foreign=NO_ROW, mate=NO_ROW),
    Row(
        call=f"POST {_TEST_SET}/import",
        query={"skip_missing": "false"},
        files=("new.csv",),
        content="id,question,document,grade\nnew,Where are otters?,{doc},2\n",
        foreign=NO_ROW,
        mate=NO_ROW,
    ),
    Row(call=f"GET {_TEST_SET}/export", query={"form": "jsonl"}, foreign=NO_ROW, bare=True),
    Row(
        call=f"POST {_TEST_SET}/questions",
        body={
            "questions": [
                {
                    "id": "new",
                    "question": "Where are otters?",
                    "relevant": ["{doc}", {"document": "{other_doc}", "grade": 0}],
                }
            ],
            "skip_missing": False,
        },
        foreign=NO_ROW,
        mate=NO_ROW,
    ),
    Row(call=f"GET {_TEST_SET}/questions", query={"page": 1, "page_size": 5}, foreign=NO_ROW),
    Row(call=f"DELETE {_TEST_SET}/questions", body={"ids": ["where"]}, foreign=NO_ROW, mate=NO_ROW),
    Row(
        call=f"POST {_TEST_SET}/evaluations",
        body={
            "settings": [
                {"vector_similarity_weight": 0.5, "similarity_threshold": 0.1, "top_k": 64},
                {},
            ],
            "metrics": ["ndcg@10", "mrr"],
            "hits": 128,
            "sample": 1,
            "baseline": "{evaluation}",
        },
        foreign=NO_ROW,
        mate=NO_ROW,
        also=("rerank_id",),
    ),
    Row(call=f"GET {_TEST_SET}/evaluations", query={"page": 1, "page_size": 5}, foreign=NO_ROW),
    Row(
        call=f"GET {_TEST_SET}/evaluations/{{evaluation}}",
        query={"page": 1, "page_size": 5, "baseline": "{evaluation}"},
        foreign=NO_ROW,
    ),
    Row(call=f"DELETE {_TEST_SET}/evaluations/{{evaluation}}", foreign=NO_ROW, mate=NO_ROW),
    # --- the knowledge graph ---
    Row(call=f"GET {_DATASET}/knowledge_graph", foreign=NOAUTH, mixed=None),
    Row(call=f"DELETE {_DATASET}/knowledge_graph", foreign=NOAUTH, mixed=None, mate=NOAUTH),
    # --- the site, for superusers ---
    Row(
        call="GET /metrics",
        foreign=LACKS,
        mate=LACKS,
        bare=True,
        cells=dict.fromkeys(["owner", "read scope"], LACKS),
    ),
]
