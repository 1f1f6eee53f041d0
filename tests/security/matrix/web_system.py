"""The routes of the web API about people, their tenants, models and tokens, and the site itself."""

from tests.factories import PASSWORD
from tests.security.matrix.rows import NOAUTH, Refusal, Row
from tests.security.matrix.world import DIALOG, KEY, PERSON

_EVERY_MEMBER = dict.fromkeys(["member, me", "invited"])
_MODELS = {"asr_id": "", "embd_id": "all-MiniLM-L6-v2@Builtin", "img2txt_id": "", "llm_id": "", "tts_id": None}

ROWS = [
    Row(
        call="POST /v1/user/register",
        body={"nickname": "new", "email": "new@example.org", "password": PASSWORD},
        open=True,
    ),
    Row(
        call="POST /v1/user/login",
        body={"email": "{login}", "password": PASSWORD},
        open=True,
        secrets=True,
        # Whoever knows the password is that person; a disabled one is nobody.
        cells={"disabled owner": Refusal(403, 403)},
    ),
    Row(call="GET /v1/user/login/channels", open=True),
    Row(call="GET /v1/user/logout", writes=True),
    Row(call="GET /v1/user/info", secrets=True),
    Row(
        call="POST /v1/user/setting",
        body={
            "nickname": "renamed",
            "avatar": None,
            "language": "English",
            "color_schema": "Dark",
            "timezone": "UTC",
            "password": PASSWORD,
            "new_password": "horse battery staple",
        },
        mixed=Refusal(400, 100),
        also=("email", "is_superuser", "is_active", "status", "last_login_time"),
    ),
    Row(call="GET /v1/user/tenant_info"),
    Row(
        call="POST /v1/user/set_tenant_info",
        body={"tenant_id": "{tenant}", **_MODELS, "rerank_id": "", "name": "renamed", "parser_ids": "naive:General"},
        foreign=NOAUTH,
        mixed=Refusal(400, 101),
        mate=NOAUTH,
    ),
    Row(call="GET /v1/tenant/list", shows={"invited": frozenset({PERSON})}),
    Row(call="GET /v1/tenant/{tenant}/user/list", foreign=NOAUTH, mixed=None, mate=NOAUTH),
    Row(
        call="POST /v1/tenant/{tenant}/user",
        body={"email": "{invitee}"},
        foreign=NOAUTH,
        mixed=None,
        mate=NOAUTH,
    ),
    Row(call="PUT /v1/tenant/agree/{tenant}", foreign=NOAUTH, mixed=None, cells=_EVERY_MEMBER),
    Row(
        call="DELETE /v1/tenant/{tenant}/user/{member}",
        foreign=NOAUTH,
        mixed=None,
        cells={**_EVERY_MEMBER, "ex-member": None},
    ),
    # --- models and tokens ---
    Row(call="GET /v1/llm/my_llms"),
    Row(call="POST /v1/llm/set_api_key", body={"llm_factory": "OpenAI", "api_key": KEY, "base_url": ""}),
    Row(call="POST /v1/api/new_token", body={"dialog_id": DIALOG}, also=("canvas_id",)),
    Row(call="GET /v1/api/token_list", query={"dialog_id": DIALOG}, secrets=True, also=("canvas_id",)),
    Row(
        call="POST /v1/api/rm",
        body={"tenant_id": "{tenant}", "tokens": ["{token}"]},
        foreign=NOAUTH,
        mixed=None,
        mate=NOAUTH,
    ),
    Row(call="GET /v1/api/stats", query={"from_date": "2025-03-11", "to_date": "2025-03-12 13:37:23"}),
    Row(call="POST /v1/system/new_token"),
    Row(call="GET /v1/system/token_list", secrets=True),
    Row(call="DELETE /v1/system/token/{token}"),
    Row(call="DELETE /v1/system/token/{token_id}"),
    # --- the site ---
    Row(call="GET /v1/system/version"),
    Row(call="GET /v1/system/config", open=True),
    Row(call="GET /v1/system/ping", open=True, bare=True),
    Row(call="GET /v1/system/healthz", open=True, bare=True),
    Row(call="GET /v1/system/status"),
]
