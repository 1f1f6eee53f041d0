"""POST /v1/kb/create (contract C.4)."""

import pytest

from knowledgebases import parser_config
from knowledgebases.models import Knowledgebase, Method
from system.models import DEFAULT_EMBEDDING_MODEL
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


def created(answer):
    assert set(answer) == {"code", "message", "data"}
    assert (answer["code"], answer["message"], set(answer["data"])) == (0, "success", {"kb_id"})
    return Knowledgebase.objects.get(pk=answer["data"]["kb_id"])


def test_a_name_is_enough(post, owner):
    kb = created(post("create", name=" handbook "))

    assert (kb.name, kb.tenant_id, kb.created_by, kb.permission) == ("handbook", owner.pk, owner, "me")
    assert (kb.parser_id, kb.parser_config) == ("naive", parser_config.default("naive"))
    assert (kb.embd_id, kb.language, kb.description, kb.avatar) == (DEFAULT_EMBEDDING_MODEL, "English", None, None)


def test_the_rest_is_stored_as_sent(post):
    sent = {
        "parser_id": "qa",
        "description": "what",
        "permission": "team",
        "avatar": "data:image/png;base64,iVBO",
        "language": "German",
        "embd_id": "whatever@Nobody",
    }

    kb = created(post("create", name="x", **sent))

    assert {key: getattr(kb, key) for key in sent} == sent


@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
def test_null_and_the_empty_text_leave_the_default(post, nothing):
    keys = ("parser_id", "parser_config", "permission", "language", "embd_id")

    kb = created(post("create", name="x", **dict.fromkeys(keys, nothing)))

    assert (kb.parser_id, kb.permission, kb.language, kb.embd_id) == ("naive", "me", "English", DEFAULT_EMBEDDING_MODEL)
    assert kb.parser_config == parser_config.default("naive")


@pytest.mark.parametrize("method", Method.values)
def test_every_method_brings_its_default_config(post, method):
    assert created(post("create", name="x", parser_id=method)).parser_config == parser_config.default(method)


def test_a_config_is_merged_over_the_default_without_asking_what_is_in_it(post):
    given = {"chunk_token_num": "many", "raptor": {"use_raptor": False}, "mine": [1, {"a": None}]}

    kb = created(post("create", name="x", parser_config=given))

    assert kb.parser_config == parser_config.merge(parser_config.default("naive"), given)
    assert kb.parser_config["raptor"]["max_token"] == 256


@pytest.mark.parametrize(
    ("names", "stored"),
    [
        (["x", "x", "x"], ["x", "x(1)", "x(2)"]),
        (["X", "x"], ["X", "x(1)"]),
        (["a.txt", "A.TXT"], ["a.txt", "A(1).TXT"]),
        (["x(7)", "x(7)"], ["x(7)", "x(8)"]),
    ],
    ids=["thrice", "whatever its case", "suffix", "number"],
)
def test_a_name_that_is_taken_gets_a_number(post, names, stored):
    assert [created(post("create", name=name)).name for name in names] == stored


def test_names_of_other_tenants_are_free(post, stranger):
    KnowledgebaseFactory(owner=stranger, name="x")

    assert created(post("create", name="x")).name == "x"


@pytest.mark.parametrize("name", [None, 1, 1.5, True, [], {}], ids=repr)
def test_a_name_is_a_text(post, name):
    assert post("create", name=name) == {"code": 102, "message": "Dataset name must be string.", "data": None}


@pytest.mark.parametrize("name", ["", " ", "\t\n"], ids=repr)
def test_a_name_is_not_blank(post, name):
    assert post("create", name=name) == {"code": 102, "message": "Dataset name can't be empty.", "data": None}


@pytest.mark.parametrize(("name", "shown"), [("a" * 129, 129), ("ä" * 65, 65), ("漢" * 43, 43)], ids=["a", "ä", "漢"])
def test_a_name_has_128_bytes_at_most(post, name, shown):
    message = f"Dataset name length is {shown} which is large than 128"

    assert post("create", name=name) == {"code": 102, "message": message, "data": None}
    assert created(post("create", name=name[:-1])).name == name[:-1]


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [("", "application/json"), ("not json", "application/json"), ("[1]", "application/json"), ("{}", "text/xml")],
    ids=["empty", "no json", "list", "xml"],
)
def test_without_a_name_it_is_missing(web, raw, content_type):
    answer = web.generic("POST", "/v1/kb/create", raw, content_type=content_type)

    assert answer.json() == {"code": 101, "message": "required argument are missing: name; ", "data": None}
    assert answer.status_code == 400


def test_form_fields_will_do(web):
    assert created(web.post("/v1/kb/create", {"name": "x", "permission": "team"}).json()).permission == "team"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("parser_id", "nai", "`parser_id` should be one of naive, qa, resume, manual, table, paper, book, laws, "
         "presentation, picture, one, audio, email, tag, knowledge_graph, not 'nai'."),
        ("parser_id", ["naive"], "`parser_id` should be one of naive, qa, resume, manual, table, paper, book, laws, "
         """presentation, picture, one, audio, email, tag, knowledge_graph, not "['naive']"."""),
        ("permission", "all", "`permission` should be one of me, team, not 'all'."),
        ("language", "x" * 33, f"`language` should be a text of 1 to 32 characters, not '{'x' * 33}'."),
        ("language", " ", "`language` should be a text of 1 to 32 characters, not ' '."),
        ("embd_id", 5, "`embd_id` should be a text of 1 to 255 characters, not '5'."),
        ("embd_id", "x" * 256, f"`embd_id` should be a text of 1 to 255 characters, not '{'x' * 64}'."),
        ("description", 1, "`description` should be null or a text of at most 65,535 characters, not '1'."),
        ("description", "x" * 65_536,
         f"`description` should be null or a text of at most 65,535 characters, not '{'x' * 64}'."),
        ("avatar", "x" * 65_536, f"`avatar` should be null or a text of at most 65,535 characters, not '{'x' * 64}'."),
        ("parser_config", [], "`parser_config` should be an object, not '[]'."),
        ("parser_config", "{}", "`parser_config` should be an object, not '{}'."),
    ],
)  # fmt: skip
def test_bad_values_are_told_with_the_cure(post, field, value, message):
    assert post("create", name="x", **{field: value}) == {"code": 101, "message": message, "data": None}
    assert not Knowledgebase.objects.exists()


def test_a_config_is_not_endless(web):
    answer = web.post("/v1/kb/create", {"name": "x", "parser_config": {"a": "x" * 65_536}}, format="json")

    message = "Parser config exceeds size limit (max 65,535 characters). Current size: 65,545"
    assert answer.json() == {"code": 101, "message": message, "data": None}
    assert answer.status_code == 413


def test_what_a_config_and_its_default_come_to_is_not_endless_either(post):
    message = post("create", name="x", parser_config={"a": "x" * 65_500})["message"]

    assert message.startswith("Parser config exceeds size limit (max 65,535 characters). Current size: 66,")
