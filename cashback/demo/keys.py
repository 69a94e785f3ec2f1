"""The demonstration's keys: random, made once, readable by their owner alone. Without them its data cannot be read."""

import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cashback.errors import Invalid
from cashback.settings import KEY_BYTES

NAMES = ("CASHBACK_MASTER_KEY", "CASHBACK_SESSION_KEY")


@dataclass(frozen=True, slots=True)
class Keys:
    """By the names of the settings they are given as: 32 random bytes each, in base64."""

    texts: dict[str, str]

    @property
    def master(self) -> bytes:
        """The key that seals what the database keeps sealed."""
        return b64decode(self.texts["CASHBACK_MASTER_KEY"])

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that tell one pair of keys from another and nothing about them."""
        return sha256(b"demonstration:" + self.master).hexdigest()[:8]


def keep_keys(path: Path) -> Keys:
    """The keys in the file, made now if there is none. Invalid when the file holds something else."""
    if not path.exists():
        made = "".join(f"{name}={b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n" for name in NAMES)
        write_privately(path, made)
    texts = dict(line.partition("=")[::2] for line in path.read_text(encoding="utf-8").splitlines())
    if sorted(texts) != sorted(NAMES) or not all(map(_is_key, texts.values())):
        raise Invalid(f"{path}: expected the lines {' and '.join(NAMES)}; remove the folder to begin afresh")
    return Keys(texts)


def _is_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == KEY_BYTES
    except ValueError:
        return False


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
