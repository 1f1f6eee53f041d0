"""The database wrapper that Django loads for the engine `ragsite.embedded.database`."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from ragsite.embedded import postgres


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL out of the wheel. Connects if the server answers; ensures that it does, and tries again, if not."""

    def get_connection_params(self) -> dict[str, Any]:
        """Parameters of psycopg: the settings', with socket, role and password of the embedded server."""
        parameters: dict[str, Any] = super().get_connection_params()
        connection = postgres.connection(settings.RAG_DATA_DIR) or self._ensure()
        return parameters | {"host": connection.host, "user": connection.user, "password": connection.password}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection; at most one start of the server, whose failure says why."""
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            self._ensure()
            return super().get_new_connection(self.get_connection_params())

    def _ensure(self) -> postgres.Connection:
        return postgres.ensure(settings.RAG_DATA_DIR, fsync=settings.RAG_EMBEDDED_FSYNC)
