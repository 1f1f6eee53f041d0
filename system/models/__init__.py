"""Who: users, tenants, members, tokens, and the models they may call."""

from system.models.endpoint import ModelEndpoint, ModelType
from system.models.tenant import DEFAULT_EMBEDDING_MODEL, Membership, Quotas, Role, Tenant
from system.models.token import APIToken, Scope
from system.models.user import User

__all__ = [
    "DEFAULT_EMBEDDING_MODEL",
    "APIToken",
    "Membership",
    "ModelEndpoint",
    "ModelType",
    "Quotas",
    "Role",
    "Scope",
    "Tenant",
    "User",
]
