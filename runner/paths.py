"""Where settings, state, cache and the bundled files live, and how private files are written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runner.errors import OutsideTrouble, SettingsProblem, StoreFailed

PROJECT_NAME = "agentic-runner"

Bundle = Literal["hooks", "prompts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Our three folders; nothing is made by asking for a path."""

    config: Path
    state: Path
    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Paths:
        """By `RUNNER_CONFIG_DIR`, `RUNNER_STATE_DIR`, `RUNNER_CACHE_DIR`, the XDG folders, or below `HOME`.

        Raises:
            SettingsProblem: none of them says where, or one of our own variables is not an absolute path.
        """
        return cls(
            config=_folder(environ, "RUNNER_CONFIG_DIR", "XDG_CONFIG_HOME", ".config"),
            state=_folder(environ, "RUNNER_STATE_DIR", "XDG_STATE_HOME", ".local/state"),
            cache=_folder(environ, "RUNNER_CACHE_DIR", "XDG_CACHE_HOME", ".cache"),
        )

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def allowance_file(self) -> Path:
        """The limits that people set; what was spent is in `allowance_folder`."""
        return self.config / "allowance.toml"

    @property
    def credentials_file(self) -> Path:
        return self.config / "credentials.toml"

    @property
    def allowance_folder(self) -> Path:
        return self.state / "allowance"

    @property
    def queue_file(self) -> Path:
        return self.state / "queue.db"

    @property
    def runs(self) -> Path:
        return self.state / "runs"

    @property
    def clones(self) -> Path:
        return self.state / "clones"

    @property
    def worktrees(self) -> Path:
        return self.state / "worktrees"

    @property
    def log(self) -> Path:
        return self.state / "log"


def private_folder(path: Path) -> Path:
    """Make `path` and the folders above it that are missing, for this user only; returns `path`.

    Raises:
        StoreFailed: it cannot be made, or something else is there.
    """
    missing = [path, *path.parents]
    missing = missing[
        : next((index for index, folder in enumerate(missing) if folder.is_dir()), len(missing))
    ]
    try:
        for folder in reversed(missing):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
    except OSError as error:
        raise _failed(path, "made", error) from error
    if not path.is_dir():
        raise StoreFailed(f"{path} is not a folder", hint="move what is there out of the way")
    return path


def write_private(path: Path, content: bytes) -> None:
    """Put `content` in place of the file `path` at once, also over a crash; only this user may read it.

    A symbolic link is followed, so that a linked settings file stays one.

    Raises:
        StoreFailed: it cannot be written; the old file is as it was.
    """

    target = path.resolve()
    private_folder(target.parent)
    draft = target.with_name(f".{target.name}.{os.urandom(6).hex()}")
    try:
        _write_through(draft, content)
        draft.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise _failed(path, "written", error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def bundled(kind: Bundle, *, package: Path | None = None) -> Path:
    """The folder with our own hooks or prompts: in the installed package, else beside it in a checkout.

    Raises:
        OutsideTrouble: neither is there; the installation is incomplete.
    """
    package = package or Path(__file__).parent
    installed = package / "_bundled" / kind
    if installed.is_dir():
        return installed
    beside = package.parent / kind
    if beside.is_dir() and _is_our_checkout(package.parent):
        return beside
    raise OutsideTrouble(
        f"the {kind} that belong to runner are missing", hint=f"install {PROJECT_NAME} again"
    )


def _folder(environ: Mapping[str, str], ours: str, xdg: str, below_home: str) -> Path:
    if own := environ.get(ours):
        if Path(own).is_absolute():
            return Path(own)
        raise SettingsProblem(f"{ours} is {own!r}", hint=f"set {ours} to an absolute path")
    # The XDG specification wants relative values ignored.
    if (base := Path(environ.get(xdg, ""))).is_absolute():
        return base / "runner"
    if (home := Path(environ.get("HOME", ""))).is_absolute():
        return home / below_home / "runner"
    raise SettingsProblem("there is no home folder", hint=f"set HOME, {xdg} or {ours} to an absolute path")


def _is_our_checkout(folder: Path) -> bool:
    import tomllib  # only a checkout asks

    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError):
        return False
    return isinstance(project, dict) and project.get("name") == PROJECT_NAME


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(path: Path, verb: str, error: OSError) -> StoreFailed:
    return StoreFailed(
        f"{path} cannot be {verb}: {error.strerror or error}", hint="check its permissions and the free space"
    )
