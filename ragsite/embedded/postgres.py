"""The PostgreSQL server out of the wheel: ensure that it answers, stop it, say how to connect."""

import signal
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ragsite.embedded import cluster, programs, server
from ragsite.embedded.launching import Account, Launch
from ragsite.embedded.locks import Lock
from ragsite.embedded.server import Server
from system.errors import Misconfigured

ROLE = "ragsite"
DATABASE = "ragsite"
_SOCKET = ".s.PGSQL.5432"
_PROTOCOL = 3 << 16
_STARTING = b"57P03"  # cannot_connect_now
_OPTIONS = {
    "listen_addresses": "",  # no TCP
    "unix_socket_directories": ".",  # the data directory, whatever its path: the server's own limit is never met
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",
    "client_connection_check_interval": "2s",  # a query whose client died ends
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach the server, in the terms of libpq; `host` is the folder of its socket."""

    host: str
    user: str
    password: str
    database: str

    def __repr__(self) -> str:
        return f"Connection(host={self.host!r}, user={self.user!r}, database={self.database!r})"


class Postgres(Server):
    """The server of one data directory: its cluster, socket and password are in `postgres/` there."""

    name: ClassVar[str] = "PostgreSQL"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # fast shutdown: clients are sent away, then a checkpoint
    kill_signal: ClassVar[signal.Signals] = signal.SIGQUIT  # immediate shutdown; SIGKILL would leave backends to it

    def __init__(self, data_dir: Path, *, fsync: bool = True) -> None:
        super().__init__(data_dir, "postgres", data="cluster", socket=_SOCKET)
        self.password_file = self.home / "password"
        self.fsync = fsync

    def answers(self) -> bool:
        """Whether it would let somebody log in: a password is asked for, or too many are in already."""
        startup = f"user\0{ROLE}\0database\0{DATABASE}\0\0".encode()
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self.socket))
                connection.sendall(struct.pack("!II", len(startup) + 8, _PROTOCOL) + startup)
                answer = connection.recv(1024)
        except OSError:
            return False
        return answer[:1] == b"R" or (answer[:1] == b"E" and _STARTING not in answer)

    def owns(self, argv: list[str]) -> bool:
        """A `postgres` that was started by us, or by hand, on our cluster."""
        return Path(argv[0]).name == "postgres" and (f"cluster_name={self.mark}" in argv or str(self.data) in argv)

    def launch(self, lock: Lock) -> Launch:
        """A cluster that is whole, without traces of dead servers, and how to start its server."""
        account = Account.for_server(self.data)
        program = programs.locate(programs.POSTGRES, account)
        place = cluster.Place(directory=self.data, program=program, account=account, lock=lock)
        self.clear_the_way()
        if not self.data.exists():
            cluster.create(place, role=ROLE, database=DATABASE, password=self._new_password(), sync=self.fsync)
        for trace in ("postmaster.pid", _SOCKET, f"{_SOCKET}.lock"):  # we hold the lock: whoever wrote them is dead
            (self.data / trace).unlink(missing_ok=True)
        cluster.check_version(place)
        if not self.password_file.exists():
            cluster.change_password(place, role=ROLE, password=self._new_password())
        options = _OPTIONS | {"cluster_name": self.mark, "fsync": "on" if self.fsync else "off"}
        # SIGQUIT, not SIGKILL, when we die: the postmaster then takes its backends along, in the middle of a query too.
        return place.launch("postgres", options=options, death=signal.SIGQUIT)

    def connection(self) -> Connection:
        """How to connect; raises Misconfigured while there is no password to connect with."""
        try:
            password = self.password_file.read_text()
        except FileNotFoundError:
            raise Misconfigured(
                f"{self.password_file} is missing. `manage.py down` and then any command make a new password."
            ) from None
        return Connection(host=str(self.socket.parent), user=ROLE, password=password, database=DATABASE)

    def _new_password(self) -> str:
        return cluster.store_password(self.password_file)


def ensure(data_dir: Path, *, fsync: bool = True, timeout: float = server.START_SECONDS) -> Connection:
    """How to connect to a server that answers, started if need be; any number of callers at once.

    `fsync=False` is for clusters that may be lost; it counts for the caller that starts the server. Raises Unavailable
    with the end of the log, or Misconfigured.
    """
    postgres = Postgres(data_dir, fsync=fsync)
    server.ensure(postgres, timeout=timeout)
    return postgres.connection()


def connection(data_dir: Path) -> Connection | None:
    """How to connect if there is a cluster, whether its server runs or not."""
    postgres = Postgres(data_dir)
    return postgres.connection() if postgres.password_file.exists() else None


def answers(data_dir: Path) -> bool:
    """Whether the server serves requests now."""
    return Postgres(data_dir).answers()


def stop(data_dir: Path) -> bool:
    """End the server in order (SIGINT); returns whether one ran."""
    return server.stop(Postgres(data_dir))
