"""Writing git objects by hand: a handful of small ones, without a process for each and with a file's exact bytes."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GITLINK, FOLDER, LINK, PROGRAM, FILE = 0o160000, 0o40000, 0o120000, 0o100755, 0o100644

Files = Mapping[str, tuple[int, str]]
"""Path to mode and blob id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseObjects:
    """The `objects` folder of a repository, and the hash that it uses."""

    folder: Path
    object_format: str
    """sha1 or sha256"""

    def blob(self, content: bytes) -> str:
        return self._write(b"blob", content)

    def tree(self, files: Files) -> str:
        """A tree with all the folders that the paths need; paths carry odd bytes as `os.fsdecode` makes them."""
        below: dict[str, dict[str, tuple[int, str]]] = {}
        here: dict[str, tuple[int, str]] = {}
        for path, entry in files.items():
            folder, slash, rest = path.partition("/")
            if slash:
                below.setdefault(folder, {})[rest] = entry
            else:
                here[path] = entry
        for folder, inside in below.items():
            here[folder] = (FOLDER, self.tree(inside))
        rows = sorted((_sort_name(name, mode), mode, name, id_) for name, (mode, id_) in here.items())
        body = b"".join(
            b"%o %s\0" % (mode, name.encode(errors="surrogateescape")) + bytes.fromhex(id_)
            for _, mode, name, id_ in rows
        )
        return self._write(b"tree", body)

    def commit(self, tree: str, message: str, *, at: int, parent: str = "") -> str:
        """A commit by nobody in particular, `at` seconds after 1970; an empty `parent` is none."""
        above = f"parent {parent}\n" if parent else ""
        who = f"runner <runner@localhost> {at} +0000"
        return self._write(
            b"commit", f"tree {tree}\n{above}author {who}\ncommitter {who}\n\n{message}\n".encode()
        )

    def _write(self, kind: bytes, content: bytes) -> str:
        whole = b"%s %d\0" % (kind, len(content)) + content
        object_id = hashlib.new(self.object_format, whole, usedforsecurity=False).hexdigest()
        target = self.folder / object_id[:2] / object_id[2:]
        if not target.exists():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            new = target.with_name(f"tmp_obj_{secrets.token_hex(8)}")
            new.write_bytes(zlib.compress(whole, 1))
            new.chmod(0o444)
            new.replace(target)
        return object_id


def _sort_name(name: str, mode: int) -> bytes:
    """git sorts folders as if their names ended with a slash."""
    return name.encode(errors="surrogateescape") + (b"/" if mode == FOLDER else b"")
