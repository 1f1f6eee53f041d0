"""Secrets that a site makes for itself at its first start, each in a file that only its owner may read."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def secret_key(data_dir: Path) -> str:
    """Django's SECRET_KEY out of `data_dir`, made if there is none."""
    return _kept(data_dir / "secret_key", secrets.token_urlsafe(50))


def field_keys(data_dir: Path) -> list[str]:
    """Fernet keys for sealed columns, the first one seals; made if there is none."""
    return _kept(data_dir / "field_keys", Fernet.generate_key().decode()).split()


def _kept(path: Path, fresh: str) -> str:
    """The text of `path`; where it is missing, `fresh` is stored there first.

    The file appears whole or not at all (link of a finished temporary), so racing processes agree on one value.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass  # another process was first: its value counts
        finally:
            temporary.unlink()
    return path.read_text().strip()
