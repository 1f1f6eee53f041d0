"""The database wrapper that Django loads for the engine `ragsite.embedded.database`."""

import logging
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from ragsite.embedded import postgres
from system.errors import RagError

log = logging.getLogger(__name__)

START_SECONDS = 120.0  # recovery after a crash takes what it takes
SERVED_SECONDS = 5.0  # a request or a heartbeat would rather know soon; the supervisor starts the server


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL out of the wheel. Connects if the server answers; ensures that it does, and tries again, if not."""

    def get_connection_params(self) -> dict[str, Any]:
        """Parameters of psycopg: the settings', with socket, role and password of the embedded server."""
        parameters: dict[str, Any] = super().get_connection_params()
        connection = postgres.connection(settings.RAG_DATA_DIR) or self._ensure()
        return parameters | {"host": connection.host, "user": connection.user, "password": connection.password}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection; at most one start of the server, whose failure says why.

        A pool whose connections are all in use is no reason to look for the server, nor to wait once more.
        """
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError as error:
            if isinstance(error, PoolTimeout) and postgres.answers(settings.RAG_DATA_DIR):
                raise
            self._ensure()
            return super().get_new_connection(self.get_connection_params())

    def _ensure(self) -> postgres.Connection:
        served = settings.RAG_PROCESS in {"web", "worker", "sweeper"}
        try:
            return postgres.ensure(
                settings.RAG_DATA_DIR,
                fsync=settings.RAG_EMBEDDED_FSYNC,
                timeout=SERVED_SECONDS if served else START_SECONDS,
            )
        except RagError as error:
            if not served:
                raise  # to somebody at a terminal, who wants to know the cause
            log.error("%s", error.message)
            raise self.Database.OperationalError("The embedded PostgreSQL does not answer.") from error
