"""A PostgreSQL cluster on disk: made in a sibling folder and renamed, so there is never half a one."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ragsite.embedded.launching import Account, Launch
from ragsite.embedded.locks import Lock
from system.errors import Misconfigured, Unavailable

_VERSION = "18"
_SUPERUSER = "postgres"  # has no password and no line in pg_hba.conf: nobody logs in as it
_ENV = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cluster's directory, and with what, as whom and under which lock programs work on it."""

    directory: Path
    program: Path
    account: Account | None
    lock: Lock

    def launch(
        self,
        program: str,
        *arguments: str,
        options: Mapping[str, str] | None = None,
        death: signal.Signals = signal.SIGKILL,
    ) -> Launch:
        """How `program` is run on the cluster."""
        settings = (part for key, value in (options or {}).items() for part in ("-c", f"{key}={value}"))
        return Launch(
            argv=(str(self.program.with_name(program)), *arguments, "-D", self._path(), *settings),
            cwd=self.directory,
            account=self.account,
            env=_ENV,
            clean=True,
            death=death,
            lock=self.lock,
        )

    def _path(self) -> str:
        # Another user cannot follow the path when a folder above the data is private (`/root`, the data directory
        # itself). It is put inside before it loses our rights, and this leads where it stands, on any depth.
        return "/proc/self/cwd" if self.account else str(self.directory)


def create(place: Place, *, role: str, database: str, password: str, sync: bool) -> None:
    """Make the cluster with `role` as owner of `database`, and pgvector in it; on disk before it has its name.

    About a second. Called with the lock in hand: remains of a try that was killed are removed.
    """
    staged = replace(place, directory=place.directory.with_name(f"{place.directory.name}.new"))
    if staged.directory.exists():
        shutil.rmtree(staged.directory)
    staged.directory.mkdir(mode=0o700)
    if place.account:
        place.account.own(staged.directory)
    # The builtin provider: Unicode case mapping that no upgrade of libc can change under the indexes.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    _run(staged.launch("initdb", f"--username={_SUPERUSER}", "--auth=trust", "--no-sync", "--no-instructions", *locale))
    _sql(
        staged,
        "CREATE EXTENSION vector",  # in the template: databases made later, of tests for instance, have it too
        f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{password}'",
        f"CREATE DATABASE {database} OWNER {role}",
    )
    (staged.directory / "pg_hba.conf").write_text(f"local all {role} scram-sha-256\n")
    if sync:
        # One call for the file system instead of one for each of a thousand files: 0.3 s instead of 4 s.
        method = ("--sync-method=syncfs",) if sys.platform == "linux" else ()
        _run(staged.launch("initdb", "--sync-only", *method))
    staged.directory.rename(place.directory)
    sync_folder(place.directory.parent)


def check_version(place: Place) -> None:
    """Raise Misconfigured when another major version made the cluster, or when it is none."""
    file = place.directory / "PG_VERSION"
    found = file.read_text().strip() if file.exists() else "none"
    if found != _VERSION:
        raise Misconfigured(
            f"{place.directory} holds a cluster of PostgreSQL version {found}, this is PostgreSQL {_VERSION}. Move it "
            "away, or dump it with the version that made it and restore the dump here."
        )


def change_password(place: Place, *, role: str, password: str) -> None:
    """Give `role` a new password; the server must not run."""
    _sql(place, f"ALTER ROLE {role} PASSWORD '{password}'", fsync="on")


def store_password(path: Path) -> str:
    """A fresh random password, kept in the file `path` that only its owner may read."""
    password = secrets.token_hex(32)
    temporary = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)
    return password


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sql(place: Place, *statements: str, fsync: str = "off") -> None:
    """Run statements in single-user mode, in the template database: no server, no socket, no log-in."""
    options = {"exit_on_error": "on", "log_checkpoints": "off", "fsync": fsync}
    launch = place.launch("postgres", options=options)
    program, *rest = launch.argv
    _run(replace(launch, argv=(program, "--single", *rest, "template1")), "".join(f"{line}\n" for line in statements))


def _run(launch: Launch, text: str = "") -> None:
    done: subprocess.CompletedProcess[str] = launch.run(text)
    if done.returncode != 0:
        program = Path(launch.argv[0]).name
        raise Unavailable(f"{program} failed with exit code {done.returncode} in {launch.cwd}:\n{done.stdout[-2000:]}")
