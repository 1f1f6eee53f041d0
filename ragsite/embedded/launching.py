"""How a child process is started: as whom, where, with which lock in its hands."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ragsite.embedded.locks import Lock
from system.errors import Misconfigured

_SHIM = Path(__file__).with_name("shim.py")


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user that servers run as when we are root."""

    uid: int
    gid: int

    @classmethod
    def for_server(cls, data: Path) -> "Account | None":
        """Who may run the server of `data`: nobody else than ourselves (None) unless we are root.

        Root runs it as the owner of existing data, and as the user `nobody`, which has no shell, for new data.
        """
        if os.geteuid() != 0:
            return None
        if data.exists() and (owner := data.stat()).st_uid != 0:
            return cls(owner.st_uid, owner.st_gid)
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise Misconfigured(
                "PostgreSQL does not run as root, and this system has no user named 'nobody' to run it as. "
                "Start ragsite as an ordinary user, or set DATABASE_URL and REDIS_URL."
            ) from None
        return cls(entry.pw_uid, entry.pw_gid)

    def own(self, folder: Path) -> None:
        """Give it an empty folder of ours."""
        os.chown(folder, self.uid, self.gid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One start of one program; `lock` is handed to it and held for as long as it or a child of it lives."""

    argv: tuple[str, ...]
    cwd: Path
    account: Account | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    clean: bool = False  # begin with an empty environment instead of ours
    nice: int = 0
    death: signal.Signals = signal.SIGKILL  # what it gets when we die
    lock: Lock | None = None

    def start(self, *, output: int | IO[bytes] | None, errors: int | IO[bytes] | None) -> subprocess.Popen[bytes]:
        """The running child, leader of its own session; it dies with the calling thread."""
        return subprocess.Popen(
            self._command(f"death={int(self.death)}", f"parent={os.getpid()}"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            pass_fds=self._handed(),
        )

    def detach(self, *, output: int | IO[bytes]) -> None:
        """Start it as nobody's child: it outlives us."""
        subprocess.run(
            self._command("detach=1"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=self._handed(),
            check=True,
        )

    def run(self, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end with `text` on its standard input; output and errors come back in `stdout`."""
        return subprocess.run(
            self._command(f"death={int(self.death)}", f"parent={os.getpid()}"),
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            pass_fds=self._handed(),
        )

    def _handed(self) -> tuple[int, ...]:
        return (self.lock.fd,) if self.lock else ()

    def _command(self, *options: str) -> list[str]:
        options += (f"cwd={self.cwd}", f"nice={self.nice}", *(f"env.{key}={value}" for key, value in self.env.items()))
        if self.clean:
            options += ("clean=1",)
        if self.account:
            options += (f"uid={self.account.uid}", f"gid={self.account.gid}")
        return [sys.executable, "-I", "-S", str(_SHIM), *options, "--", *self.argv]
