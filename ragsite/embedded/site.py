"""The processes of one site, as `manage.py up` and `manage.py demo` run them.

`up` replaces itself by this module (`python -m ragsite.embedded.site`): the process that stays for weeks has no Django
in it.
"""

import contextlib
import errno
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn, Self

import psutil  # type: ignore[import-untyped]

from ragsite.embedded import server
from ragsite.embedded.children import Service
from ragsite.embedded.launching import Launch
from ragsite.embedded.locks import Lock
from ragsite.embedded.postgres import Postgres
from ragsite.embedded.server import Busy, Server
from ragsite.embedded.supervisor import Supervisor
from ragsite.embedded.valkey import Valkey
from system.errors import Conflict, Misconfigured, RagError

_WORKER_NICE = 10  # ingestion yields to searches
_WEB_DRAIN_SECONDS = 12.0  # gunicorn gives requests 10 s (ragsite/gunicorn.py)
_LOCK_TRIES = 20  # somebody who only asks whether the lock is held holds it for a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is to run, and where; `database` and `redis` tell whether those servers are ours to run."""

    base_dir: str
    data_dir: str
    host: str
    port: int
    workers: int
    database: bool
    redis: bool

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The site that `to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """For the command line of the process that runs it; holds no secret."""
        return json.dumps(asdict(self))

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        return f"http://{_authority(self._reached(), self.port)}"

    def supervisor(self, report: Callable[[str], None]) -> Supervisor:
        """All processes, not yet started."""
        servers = self._servers()
        stages = [
            *([_served(postgres, report)] for postgres in servers if isinstance(postgres, Postgres)),
            [
                Service(
                    name="prepare",
                    launch=self._manage("prepare", process="prepare"),
                    once=True,
                    shown=True,
                    stop_seconds=30.0,
                )
            ],
            *([_served(valkey, report)] for valkey in servers if isinstance(valkey, Valkey)),
            [Service(name="workers", launch=self._workers())],
            [Service(name="web", launch=self._web, ready=self._web_answers, stop_seconds=_WEB_DRAIN_SECONDS)],
        ]

        def housekeeping() -> None:
            for each in servers:
                each.make_reachable()  # cleaners of /tmp may have taken it

        return Supervisor(stages, logs_dir=Path(self.data_dir) / "logs", report=report, housekeeping=housekeeping)

    def _servers(self) -> list[Server]:
        data_dir = Path(self.data_dir)
        return [*([Postgres(data_dir)] if self.database else []), *([Valkey(data_dir)] if self.redis else [])]

    def _workers(self) -> Callable[[], Launch]:
        """The workers and the sweeper: forked from one process, they share what they imported."""
        return self._manage("work", "--workers", str(self.workers), "--sweep", process="worker", nice=_WORKER_NICE)

    def _manage(self, *command: str, process: str = "command", nice: int = 0) -> Callable[[], Launch]:
        launch = self._python("manage.py", *command, process=process, nice=nice)
        return lambda: launch

    def _web(self) -> Launch:
        bind = _authority(self.host, self.port)
        gunicorn = ("-m", "gunicorn", "--config", "python:ragsite.gunicorn", "--bind", bind)
        return self._python(*gunicorn, "ragsite.wsgi:application", process="web")

    def _python(self, *arguments: str, process: str, nice: int = 0) -> Launch:
        return Launch(
            argv=(sys.executable, *arguments),
            cwd=Path(self.base_dir),
            env={"RAGSITE_PROCESS": process, "PYTHONUNBUFFERED": "1"},
            nice=nice,
        )

    def _web_answers(self) -> bool:
        # By hand: an HTTP client of the standard library would be a third of this process's memory.
        try:
            with socket.create_connection((self._reached(), self.port), timeout=2.0) as connection:
                connection.sendall(b"GET /v1/system/ping HTTP/1.0\r\nHost: localhost\r\n\r\n")
                version, status, *_ = connection.recv(1024).split(maxsplit=2)
        except (OSError, ValueError):
            return False
        return version.startswith(b"HTTP/") and int(status) < 500  # what it says of our Host header is no matter

    def _reached(self) -> str:
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 -- read, not bound to
        return everywhere.get(self.host, self.host)


def claim(site: Site) -> Lock:
    """The right to run this site, held until the process ends. Raises Conflict when it runs, or its port is taken."""
    path = server.up_lock(Path(site.data_dir))
    for _ in range(_LOCK_TRIES):
        if lock := Lock.take(path):
            lock.write(str(os.getpid()))
            with contextlib.ExitStack() as undo:
                undo.callback(lock.close)
                check_port(site.host, site.port)
                undo.pop_all()
            return lock
        time.sleep(0.05)
    raise Conflict(
        f"ragsite is running on {site.data_dir} already (process {path.read_text() or 'unknown'}). "
        "`manage.py down` stops it; another site needs another RAGSITE_DATA_DIR and RAGSITE_PORT."
    )


def check_port(host: str, port: int) -> None:
    """Raise Conflict, with the process that has it if that is known, or Misconfigured, when we could not listen."""
    try:
        if not 0 < port < 1 << 16:
            raise OverflowError("port must be 1 to 65535")
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except (OSError, OverflowError) as error:
        raise _cannot_listen(host, port, error) from None


def _cannot_listen(host: str, port: int, error: Exception) -> RagError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return Conflict(
            f"Port {port} on {host} is in use{_user_of(port)}. Stop that process, or choose another port: "
            f"RAGSITE_PORT={port + 1}"
        )
    return Misconfigured(
        f"Cannot listen on {host}:{port}: {error}. Set RAGSITE_HOST to an address of this machine and RAGSITE_PORT to "
        "a port that this user may open (1024 to 65535)."
    )


def _user_of(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                return f" by process {process.pid} ({' '.join(process.cmdline())[:80] or process.name()})"
    return ""


def _served(embedded: Server, report: Callable[[str], None]) -> Service:
    """The service that keeps an embedded server running as a child of ours."""

    def launch() -> Launch:
        lock = embedded.take()
        if lock is None:
            if not embedded.answers():
                raise Busy(f"{embedded.name} is ending or starting")
            report(f"{embedded.name} was started by an earlier command and is taken over")
            server.stop(embedded)
            raise Busy(f"{embedded.name} has just been stopped")
        try:
            return embedded.launch(lock)
        except BaseException:
            lock.close()
            raise

    return Service(
        name=embedded.home.name,
        launch=launch,
        ready=embedded.answers,
        stop_signal=embedded.stop_signal,
        stop_seconds=30.0,
    )


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _say(line: str) -> None:
    print(line, flush=True)


def run(site: Site) -> None:
    """Run the site until a signal stops it. Raises RagError when it cannot be brought up, or not kept up."""
    with claim(site), site.supervisor(_say) as supervisor:
        begun = time.monotonic()

        def ready() -> None:
            _say(f"ragsite is ready after {time.monotonic() - begun:.1f} s")
            _say(f"  console   {site.url}/admin/")
            _say(f"  API docs  {site.url}/api/docs")

        _say(f"ragsite starts; data and logs: {site.data_dir}")
        supervisor.run_forever(ready)
    _say("ragsite has stopped")


def main() -> NoReturn:
    """Run the site that the command line describes."""
    try:
        run(Site.from_json(sys.argv[1]))
    except RagError as error:
        sys.exit(f"ragsite cannot run: {error.message}")
    sys.exit(0)


if __name__ == "__main__":
    main()
