"""One factory per model. The cast of permission tests: owner, teammate (joined the owner's tenant), stranger."""

import factory
from factory.django import DjangoModelFactory

from documents.models import Document
from knowledgebases import parser_config
from knowledgebases.models import Knowledgebase, Permission
from system import accounts
from system.models import DEFAULT_EMBEDDING_MODEL, APIToken, Membership, Role, User

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory):
    """A user with a tenant of their own, as registration makes them."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.org")
    nickname = factory.Sequence(lambda n: f"user{n}")
    password = PASSWORD

    class Params:
        operator = factory.Trait(staff=True, superuser=True)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return accounts.register(**kwargs)


class MembershipFactory(DjangoModelFactory):
    """A user in somebody else's tenant."""

    class Meta:
        model = Membership

    role = Role.NORMAL

    class Params:
        invited = factory.Trait(role=Role.INVITE)


class APITokenFactory(DjangoModelFactory):
    """A token with every scope; its `value` is readable."""

    class Meta:
        model = APIToken

    @classmethod
    def _create(cls, model_class, tenant, **kwargs):
        return APIToken.issue(tenant, **kwargs)[0]


class KnowledgebaseFactory(DjangoModelFactory):
    """A dataset; `owner` is the user whose tenant it is in, and who made it unless `created_by` is given."""

    class Meta:
        model = Knowledgebase

    class Params:
        owner = factory.SubFactory(UserFactory)
        team = factory.Trait(permission=Permission.TEAM)

    tenant = factory.LazyAttribute(lambda kb: kb.owner.tenant)
    created_by = factory.LazyAttribute(lambda kb: kb.owner)
    name = factory.Sequence(lambda n: f"dataset {n}")
    embd_id = DEFAULT_EMBEDDING_MODEL
    parser_config = factory.LazyFunction(lambda: parser_config.default("naive"))


class DocumentFactory(DjangoModelFactory):
    """A text document without bytes or chunks."""

    class Meta:
        model = Document

    kb = factory.SubFactory(KnowledgebaseFactory)
    created_by = factory.LazyAttribute(lambda document: document.kb.created_by)
    name = factory.Sequence(lambda n: f"document {n}.txt")
    type = "doc"
    suffix = "txt"
    parser_config = factory.LazyAttribute(lambda document: document.kb.parser_config)
