"""The Valkey server out of the wheel: ensure that it answers, stop it, say its URL."""

import signal
import socket
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from ragsite.embedded import programs, server
from ragsite.embedded.launching import Account, Launch
from ragsite.embedded.locks import Lock
from ragsite.embedded.server import Server

_SOCKET = "valkey.sock"
_OPTIONS = {
    "port": "0",  # no TCP
    "unixsocket": _SOCKET,
    "unixsocketperm": "700",
    "dir": ".",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
}


class Valkey(Server):
    """The server of one data directory: its files and socket are in `valkey/` there."""

    name: ClassVar[str] = "Valkey"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    kill_signal: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, "valkey", data="data", socket=_SOCKET)

    def answers(self) -> bool:
        """Whether it serves commands, and is not still loading its file."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def owns(self, argv: list[str]) -> bool:
        """Our process title: Valkey overwrites its command line with it."""
        return self.mark in " ".join(argv).split() and "valkey-server" in Path(argv[0].split()[0]).name

    def launch(self, lock: Lock) -> Launch:
        """A directory that the server may write to, and how to start it there."""
        account = Account.for_server(self.data)
        program = programs.locate(programs.valkey(), account)
        self.clear_the_way()
        self.data.mkdir(mode=0o700, exist_ok=True)
        if account:
            account.own(self.data)
        (self.data / _SOCKET).unlink(missing_ok=True)
        options = _OPTIONS | {"proc-title-template": f"{{title}} {self.mark}"}
        arguments = (part for key, value in options.items() for part in (f"--{key}", value))
        return Launch(argv=(str(program), *arguments), cwd=self.data, account=account, clean=True, lock=lock)


def url(data_dir: Path) -> str:
    """The URL of the server of `data_dir`, whether it runs or not; looks at nothing but the path."""
    return f"unix://{quote(str(Valkey(data_dir).socket))}?db=0"


def ensure(data_dir: Path, *, timeout: float = server.START_SECONDS) -> str:
    """The URL of a server that answers, started if need be; any number of callers at once.

    Raises Unavailable with the end of the log, or Misconfigured.
    """
    server.ensure(Valkey(data_dir), timeout=timeout)
    return url(data_dir)


def stop(data_dir: Path) -> bool:
    """End the server in order (SIGTERM); returns whether one ran."""
    return server.stop(Valkey(data_dir))
