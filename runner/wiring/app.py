"""Builds what a command needs from settings and environment, each thing when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import SettingsProblem, UsageProblem
from runner.paths import Paths

if TYPE_CHECKING:
    from runner.allowance.files.ledger import FileLedger
    from runner.allowance.limits_file import LimitsFile
    from runner.git.repository import Repository
    from runner.prompts import Prompts
    from runner.redaction.redactor import Redactor
    from runner.settings.load import Configuration
    from runner.settings.model import Settings
    from runner.settings.project_files import ProjectSource
    from runner.storage.database import Database
    from runner.tasks.embedded import EmbeddedBoard, EmbeddedClaims


OF_THE_SOURCE = frozenset({"source", "configuration", "prompts"})
"""What follows from the repository's own files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line says about who acts, for which project, with which settings."""

    agent: str | None = None
    project: str | None = None
    profile: str | None = None
    verbosity: int = 0


class App:
    """Everything a command may ask for; nothing is built before it is asked for."""

    def __init__(self, *, environ: Mapping[str, str], flags: Flags | None = None) -> None:
        self.environ = dict(environ)
        self.flags = flags or Flags()
        self._kin: list[App] = []
        self._told: set[str] = set()

    def act_as(self, *, agent: str | None = None, project: str | None = None) -> None:
        """Take over what a flag behind the subcommand says, before anything is done; None leaves it as it is."""
        said = self.flags
        self.flags = replace(
            said,
            agent=said.agent if agent is None else agent,
            project=said.project if project is None else project,
        )
        for built in ("configuration", "agent_id", "project"):
            self.__dict__.pop(built, None)

    def reading(self, source: ProjectSource) -> App:
        """The same, with the repository's own settings and prompts from `source`: a commit, say.

        Who acts, and for which project, stays what it is in the checkout. What is open already is shared.
        """
        made = App(environ=self.environ, flags=self.flags)
        self._kin.append(made)
        kept = {"agent_id": self.agent_id, "project": self.project}
        built = {name: value for name, value in self.__dict__.items() if name not in OF_THE_SOURCE}
        made.__dict__.update({**built, **kept, "source": source, "_kin": []})
        return made

    def untold(self, warnings: Iterable[str]) -> tuple[str, ...]:
        """Those that nobody was told in this command yet: one that waits or goes on must not repeat itself."""
        new = tuple(warning for warning in warnings if warning not in self._told)
        self._told.update(new)
        return new

    @cached_property
    def cwd(self) -> Path:
        """The folder we stand in. Raises: UsageProblem (it is gone)."""
        try:
            return Path.cwd()
        except FileNotFoundError:
            raise UsageProblem(
                "the folder you are in does not exist any more", hint="go to another"
            ) from None

    @cached_property
    def paths(self) -> Paths:
        return Paths.from_environment(self.environ)

    @cached_property
    def source(self) -> ProjectSource | None:
        """The repository we stand in, as a place of settings; None outside of one. Costs no git."""
        from runner.settings.project_files import WorkTree

        here = self.cwd.resolve()
        top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
        return WorkTree(top=top) if top else None

    @cached_property
    def configuration(self) -> Configuration:
        from runner.settings.layers import Flag
        from runner.settings.load import load

        return load(
            self.paths,
            environment=self.environ,
            project=self.source,
            flags={
                "agent_id": Flag(name="--agent", value=self.flags.agent),
                "project": Flag(name="--project", value=self.flags.project),
            },
            profile=self.flags.profile,
            folder=self.cwd,
            tracked=self.tracks,
        )

    def tracks(self, path: Path) -> bool:
        """Whether git has the file, so that others may have written it."""
        from runner.wiring.tracked import is_tracked

        return is_tracked(path, self.environ)

    @property
    def settings(self) -> Settings:
        return self.configuration.settings

    @cached_property
    def agent_id(self) -> str:
        """What the settings say (they know the flag and the variables), else `user@host`."""
        if self.settings.agent_id:
            return self.settings.agent_id
        import getpass

        from runner.settings.agent import default_agent_id

        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container's user without an entry in the user database
            user = f"uid-{os.getuid()}"
        return default_agent_id(user, os.uname().nodename)

    @cached_property
    def project(self) -> str:
        """What the settings say (they know the flag), else this checkout's remote, else its path.

        Raises:
            NotARepository: the settings say nothing, and we stand in no repository.
        """
        if self.settings.project:
            return self.settings.project
        from runner.settings.project import project_of

        repository = self.light_repository
        remote = repository.main_remote()
        return project_of(repository.remote_url(remote) if remote else None, str(repository.top.resolve()))

    @cached_property
    def light_repository(self) -> Repository:
        """The checkout, for a few short questions. Raises: NotARepository."""
        from runner.git.repository import Repository

        return Repository.open(self.cwd, source=self.environ, light=True)

    @cached_property
    def repository(self) -> Repository:
        """The checkout. Raises: NotARepository."""
        from runner.git.repository import Repository

        return Repository.open(self.cwd, source=self.environ)

    @cached_property
    def _database(self) -> Database:
        from runner.storage.database import Database
        from runner.tasks.schema import TASKS

        self._refuse_shared_queue()
        return Database(self.paths.queue_file, schemas=(TASKS,))

    def _refuse_shared_queue(self) -> None:
        """Tasks must not quietly go into the queue of this machine when another one is meant.

        Raises:
            SettingsProblem: the settings name a task API; this version cannot talk to one yet.
        """
        named = any(self.environ.get(name) for name in ("RUNNER_BASE_URL", "AGENTIC_BASE_URL"))
        files = (self.paths.config_file, Path(self.environ.get("HOME", "/"), ".core", "agentic.yaml"))
        # Reading all settings takes longer than the rest of `runner list`: only if there can be an address.
        if not named and not any(file.is_file() and b"base_url" in file.read_bytes() for file in files):
            return
        url = self.settings.base_url
        if url is not None:
            raise SettingsProblem(
                f"base_url is {url} ({self.configuration.origin('base_url')}), but this version has only the queue "
                "on this machine",
                hint='take the address out: `runner config set base_url ""`',
            )

    def archive_ended(self, *, dry_run: bool) -> int:
        """Put tasks that ended long ago out of the way of those that are claimed; how many, or could be.

        Raises:
            Busy, StoreFailed: the queue did not take it.
        """
        from datetime import UTC, datetime

        from runner.tasks.archive import archive_ended, count_archivable

        now = datetime.now(UTC)
        return (count_archivable if dry_run else archive_ended)(self._database, now=now)

    @cached_property
    def board(self) -> EmbeddedBoard:
        from runner.tasks.embedded import EmbeddedBoard

        return EmbeddedBoard(self._database)

    @cached_property
    def claims(self) -> EmbeddedClaims:
        from runner.tasks.embedded import EmbeddedClaims

        return EmbeddedClaims(self._database)

    @cached_property
    def limits(self) -> LimitsFile:
        from runner.allowance.limits_file import LimitsFile

        return LimitsFile(self.paths.allowance_file, cache=self.paths.allowance_folder / "limits.cache")

    @cached_property
    def ledger(self) -> FileLedger:
        import time

        from runner.allowance.files.ledger import FileLedger

        return FileLedger(self.paths.allowance_folder, self.limits, time.time)

    @cached_property
    def redactor(self) -> Redactor:
        """Hides the secrets of this process's environment and of the credentials file."""
        from runner.redaction.redactor import Redactor
        from runner.settings.credentials import load_credentials

        redactor = Redactor(self.environ)
        credentials = load_credentials(self.paths, environment=self.environ, base_url=self.settings.base_url)
        for token in credentials.secrets:
            redactor.add(token, kind="token")
        return redactor

    @cached_property
    def prompts(self) -> Prompts:
        """The repository's own when it is trusted, then the bundled ones."""
        from runner.paths import bundled
        from runner.prompts import Prompts

        own = self._own_prompts()
        return Prompts([*own, bundled("prompts")], copied_from=own)

    def _own_prompts(self) -> dict[Path, Path]:
        """The trusted bytes in a folder of ours: what lies in the repository may change after it was checked."""
        contents = self.configuration.prompts
        if not contents or self.source is None:
            return {}
        from hashlib import sha256

        from runner.paths import write_private

        digest = sha256(repr(sorted(contents.items())).encode()).hexdigest()[:16]
        folder = self.paths.cache / "prompts" / digest
        for name, data in contents.items():
            if "/" not in name:
                write_private(folder / name, data)
        return {folder: self.source.shown / self.settings.prompts.folder}

    def configure_log(self) -> None:
        """Send log lines to their file, and to standard error as asked; called once, by the command line."""
        from runner.log import configure

        configure(
            self.paths.log,
            verbosity=self.flags.verbosity,
            level=self.environ.get("RUNNER_LOG") or self.settings.log.level,
            redactor=lambda: self.redactor,
        )

    def close(self) -> None:
        """Let go of what was opened."""
        for app in self._kin:
            app.close()
        if "_database" in self.__dict__:
            self._database.close()
