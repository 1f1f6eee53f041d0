"""The console's pages of users, groups, tenants and API tokens."""

from system.admin import groups, tenants, tokens, users

__all__ = ["groups", "tenants", "tokens", "users"]
