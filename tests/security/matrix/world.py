"""Two tenants with everything that a route can name, prepared once for many calls that are each rolled back.

Anna's tenant is the one that is attacked. Whatever is hers carries a canary: `zqme` in the dataset that only she may
see, `zqteam` in the one that she shares, `zqthird` in the one that a limited token opens, `zqperson` in what tells who
she is.
"""

from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, transaction

from documents import blobs, editing, uploads
from documents.evaluation import drafts, keeping
from documents.models import Blob, BlobState, EvaluatedQuestion, Evaluation
from knowledgebases.models import Chunk, Permission
from system.models import APIToken, ModelEndpoint, User
from system.models.base import new_id
from system.rest.authentication import session_token
from tests.factories import APITokenFactory, KnowledgebaseFactory, MembershipFactory, UserFactory

ME, TEAM, THIRD, PERSON = "zqme", "zqteam", "zqthird", "zqperson"
DIALOG = "d" * 32
KEY = "sk-zqsecretkey0123456789"  # of a model endpoint
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000"
    "000049454e44ae426082"
)

# Where the rows of a tenant are: SQL conditions on `t`, by model. Rows of a model without an entry fail the suite.
_OF_KB = "IN (SELECT id FROM rag_knowledgebase WHERE tenant_id = %(tenant)s {scope})"
_OF_SET = f"question_set_id IN (SELECT id FROM rag_question_set WHERE kb_id {_OF_KB})"
_OF_TENANT = "t.tenant_id = %(tenant)s"
PLACES = {
    "system.User": "t.id = %(tenant)s",
    "system.Tenant": "t.id = %(tenant)s",
    "system.Membership": _OF_TENANT,
    "system.APIToken": _OF_TENANT,
    "system.ModelEndpoint": _OF_TENANT,
    "knowledgebases.Knowledgebase": f"t.id {_OF_KB}",
    "knowledgebases.Chunk": f"t.kb_id {_OF_KB}",
    "knowledgebases.Circuit": "t.endpoint_id IN (SELECT id FROM rag_model_endpoint WHERE tenant_id = %(tenant)s)",
    "knowledgebases.DenseRow": f"t.kb_id {_OF_KB}",
    "knowledgebases.LexicalRow": f"t.kb_id {_OF_KB}",
    "knowledgebases.ReweighedRow": f"t.kb_id {_OF_KB}",
    "knowledgebases.LexicalTotal": f"t.kb_id {_OF_KB}",
    "knowledgebases.PendingChunk": f"t.kb_id {_OF_KB}",
    "knowledgebases.TermDelta": f"t.kb_id {_OF_KB}",
    "knowledgebases.TermFrequency": f"t.kb_id {_OF_KB}",
    "documents.Blob": _OF_TENANT,
    "documents.Cut": f"t.document_id IN (SELECT id FROM rag_document WHERE kb_id {_OF_KB})",
    "documents.DeletedChunk": f"t.document_id IN (SELECT id FROM rag_document WHERE kb_id {_OF_KB})",
    "documents.Document": f"t.kb_id {_OF_KB}",
    "documents.EvaluatedQuestion": f"t.evaluation_id IN (SELECT id FROM rag_evaluation WHERE {_OF_SET})",
    "documents.Evaluation": f"t.{_OF_SET}",
    "documents.File": _OF_TENANT,
    "documents.Judgement": f"t.question_id IN (SELECT id FROM rag_question WHERE {_OF_SET})",
    "documents.Question": f"t.{_OF_SET}",
    "documents.QuestionSet": f"t.kb_id {_OF_KB}",
    "documents.Reindex": f"t.kb_id {_OF_KB}",
    "documents.Removed": f"t.kb_id {_OF_KB}",
    "documents.Reservation": _OF_TENANT,
    "documents.Stage": f"t.task_id IN (SELECT id FROM rag_task WHERE kb_id {_OF_KB})",
    "documents.Task": f"t.kb_id {_OF_KB}",
}
SHARED = {"knowledgebases.EmbeddingSpace", "knowledgebases.SearchIndex"}  # belongs to nobody
_NOTED = ["last_used_at", "last_ip", "last_login"]  # that somebody came in


@dataclass(frozen=True, slots=True)
class Target:
    """The ids that a call may name, of one dataset and of whose it is."""

    kb: str
    doc: str
    other_doc: str
    chunk: str
    other_chunk: str
    tenant: str
    login: str  # the owner's address
    member: str
    invitee: str  # address of somebody who is not in the team
    token: str
    token_id: str
    image: str
    test_set: str
    evaluation: str

    def named(self):
        """By the names that rows use."""
        return asdict(self)


def nobody():
    """Ids in the form of a target's, of rows that are not there."""
    return Target(
        *(new_id(), new_id(), new_id()),
        *(new_id()[:16], new_id()[16:]),
        *(new_id(), f"{new_id()}@example.org", new_id(), f"{new_id()}@example.org"),
        *("ragflow-" + new_id() + "abcdefghijk", new_id()),
        image=f"thumbnail_{new_id()}.png",
        test_set=new_id(),
        evaluation=new_id(),
    )


@dataclass(slots=True)
class World:
    """The prepared rows; `anna` is attacked by `bert`."""

    anna: User
    bert: User
    mate: User
    token: APIToken
    berts_token: APIToken
    mates_token: APIToken
    me: Target
    team: Target
    third: Target
    own: Target
    secrets: list[str] = field(default_factory=list)  # that are Anna's to see, and to keep
    sealed: list[str] = field(default_factory=list)  # that nobody ever sees

    def session_of(self, user):
        return session_token(User.objects.get(pk=user.pk))


def build():
    """A fresh world in the current transaction."""
    anna = UserFactory(nickname=f"Anna {PERSON}", email=f"anna.{PERSON}@example.org")
    bert, mate, guest = (UserFactory(nickname=name) for name in ("Bert", "Mate", "Guest"))
    outsider = UserFactory(nickname="Outsider")
    MembershipFactory(tenant=anna.tenant, user=mate)
    MembershipFactory(tenant=bert.tenant, user=guest)
    endpoint = ModelEndpoint(tenant=anna.tenant, provider="OpenAI", name=f"text-{PERSON}", base_url="https://x.test/v1")
    endpoint.api_key = KEY
    endpoint.save()
    token, berts_token = (APITokenFactory(tenant=user.tenant, created_by=user) for user in (anna, bert))
    mates_token = APITokenFactory(tenant=mate.tenant, created_by=mate)
    for one in (token, berts_token, mates_token):
        one.touch("127.0.0.1")
    world = World(
        *(anna, bert, mate, token, berts_token, mates_token),
        me=_dataset(anna, ME, member=mate, invitee=outsider, token=token),
        team=_dataset(anna, TEAM, member=mate, invitee=outsider, token=token, permission=Permission.TEAM),
        third=_dataset(anna, THIRD, member=mate, invitee=outsider, token=token),
        own=_dataset(bert, "plain", member=guest, invitee=outsider, token=berts_token),
    )
    dialogs = APITokenFactory(tenant=anna.tenant)
    APIToken.objects.filter(pk=dialogs.pk).update(dialog_id=DIALOG, source="dialog")
    world.secrets = [anna.access_token, token.value, token.beta, dialogs.value, dialogs.beta]
    world.sealed = [KEY, anna.password, endpoint.sealed_key, token.sealed, dialogs.sealed]
    return world


def _dataset(user, mark, *, member, invitee, token, permission=Permission.ME):
    kb = KnowledgebaseFactory(
        owner=user,
        permission=permission,
        name=f"{mark} shelf",
        description=f"{mark} described",
        avatar=f"data:image/png;base64,{mark}",
        pagerank=1,
    )
    documents = [_document(kb, user, mark, place) for place in ("first", "second")]
    chunks = [_chunk(document, mark, word) for document, word in zip(documents, ("otters", "herons"), strict=True)]
    more = _chunk(documents[0], mark, "beavers")
    test_set, evaluation = _test_set(kb, mark, documents[0])
    return Target(
        *(kb.pk, documents[0].pk, documents[1].pk, chunks[0].pk, more.pk),
        *(user.pk, user.email, member.pk, invitee.email),
        *(token.value, token.pk),
        image=documents[0].thumbnail,
        test_set=test_set.pk,
        evaluation=evaluation.pk,
    )


def _test_set(kb, mark, document):
    """A test set with one question, and what came of asking it."""
    test_set = keeping.create(kb, f"{mark} questions")
    answer = [drafts.named(document.pk, 1, chunk=False, where="here")]
    keeping.put(test_set, [drafts.draft(key="where", text=f"Where is {mark}?", named=answer, where="here")])
    evaluation = Evaluation.objects.create(
        question_set=test_set, model=f"{mark} model", chunks=3, hits=128, questions=1, names=["mrr"], metrics={"mrr": 1}
    )
    found = [{"document_id": document.pk, "document_name": document.name, "chunk_id": "c"}]
    EvaluatedQuestion.objects.create(
        evaluation=evaluation,
        key="where",
        text=mark,
        asked=mark,
        score=1,
        values={"mrr": 1},
        place=1,
        found=found,
        milliseconds=1.0,
    )
    return test_set, evaluation


def _document(kb, user, mark, place):
    file = ContentFile(f"{mark} bytes of the {place} file".encode(), name=f"{mark} {place}.txt")
    document = uploads.add_one(kb, user=user, file=file)
    thumbnail = blobs.store(kb.tenant, ContentFile(PIXEL + mark.encode(), name="t.png"))
    Blob.objects.filter(pk=thumbnail.pk).mark(BlobState.LIVE)
    document.thumbnail, document.thumbnail_blob = f"thumbnail_{document.pk}.png", thumbnail
    document.meta_fields = {"colour": f"{mark} green"}
    document.save()
    return document


def _chunk(document, mark, word):
    chunk = editing.add(
        document,
        f"{word} of the {mark} river",
        important_keywords=[f"{mark}keyword", word],
        questions=[f"Where is {mark} water?"],
    )
    Chunk.objects.filter(pk=chunk.pk).update(tags=[f"{mark}tag"], tag_weights={f"{mark}tag": 1})
    return chunk


@contextmanager
def undone():
    """What happens inside leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def digest(tenant_id, *, kbs=None):
    """A fingerprint of all rows of a tenant, table by table; with `kbs` of those in these datasets alone."""
    scope = "AND id = ANY(%(kbs)s)" if kbs else ""
    parts = [
        f"SELECT '{label}' || count(*), md5(string_agg(r, '' ORDER BY r)) "
        f"FROM (SELECT (to_jsonb(t) - %(noted)s::text[])::text AS r FROM {table} t WHERE {place}) rows"
        for label, table, place in _places(scope)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"tenant": tenant_id, "noted": _NOTED, "kbs": kbs})
        return dict(cursor.fetchall())


def _places(scope):
    for label, place in PLACES.items():
        if not scope or "{scope}" in place:
            yield label, apps.get_model(label)._meta.db_table, place.format(scope=scope)
