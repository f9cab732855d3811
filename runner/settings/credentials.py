"""Tokens for task APIs: each belongs to one origin and is never shown, and never sent anywhere else.

`credentials.toml`, mode 0600, has one table for each origin:

    [origin."https://queue.example.org:443"]
    token = "..."
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.errors import SettingsProblem
from runner.paths import Paths
from runner.settings.edit import Changes, change_file
from runner.settings.files import read_file
from runner.settings.problems import Problem, raise_all
from runner.settings.seed import read_seed
from runner.settings.toml_file import TomlFile, parse_toml
from runner.settings.urls import api_origin, url_fault

TOKEN_VARIABLES = ("RUNNER_TOKEN", "AGENTIC_TOKEN")
LONGEST_TOKEN = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A secret and where it stands."""

    text: str = field(repr=False)
    origin: str
    """A file, or `environment NAME`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Every token we know, by the origin it is bound to."""

    by_origin: Mapping[str, Token] = field(default_factory=dict)

    def token_for(self, url: str) -> str | None:
        """The token for an address; None if there is none for its scheme, host and port.

        Raises:
            SettingsProblem: the address is one that no token may be sent to.
        """
        token = self.by_origin.get(_origin(url))
        return token.text if token else None

    def require(self, url: str) -> str:
        """The same, where there is no going on without one.

        Raises:
            SettingsProblem: there is none.
        """
        token = self.token_for(url)
        if token is None:
            raise SettingsProblem(
                f"no token for {_origin(url)}",
                hint=f'set RUNNER_TOKEN, or write token = "..." under [origin."{_origin(url)}"] in credentials.toml',
            )
        return token

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every token, for redaction."""
        return tuple(token.text for token in self.by_origin.values())


def load_credentials(paths: Paths, *, environment: Mapping[str, str], base_url: str | None) -> Credentials:
    """Read every token.

    A token from the environment belongs to `base_url`, which only the user can have set. The seed's agentic.yaml
    token belongs to the seed's own address.

    Raises:
        SettingsProblem: the file is open to other users, or holds something else than tokens.
    """
    found = dict(_seed_token(environment))
    found.update(_file_tokens(paths))
    name = next((name for name in TOKEN_VARIABLES if environment.get(name, "").strip()), None)
    if name is not None and base_url is not None:
        token = environment[name].strip()
        require_token(token, f"environment {name}")
        found[_origin(base_url)] = Token(text=token, origin=f"environment {name}")
    return Credentials(by_origin=found)


def write_token(paths: Paths, url: str, token: str | None) -> bool:
    """Bind a token to the origin of an address, or take it away (None). Returns whether the file changed.

    Raises:
        SettingsProblem: an address or a token that cannot be used, or a file open to other users.
        StoreFailed, Busy: the file could not be written.
    """
    origin = _origin(url)
    if token is not None:
        require_token(token, "the token")
    # Read first: a damaged file is reported in full, and an origin in another spelling is found.
    spelling = _spellings(paths).get(origin, origin)
    path = ("origin", spelling)
    change: Changes = {path: None} if token is None else {(*path, "token"): token}
    return change_file(paths.credentials_file, change, private=True)


def _origin(url: str) -> str:
    try:
        return api_origin(url)
    except ValueError as error:
        raise SettingsProblem(
            f"base_url: {error}", hint="a token is never sent to such an address"
        ) from error


def _seed_token(environment: Mapping[str, str]) -> dict[str, Token]:
    seed = read_seed(environment)
    url, line = seed.values.get("base_url", ("", 0)) if seed else ("", 0)
    if seed is None or not seed.token or not url:
        return {}
    if fault := url_fault(url):
        raise_all([Problem(where=str(seed.path), line=line, key="base_url", text=fault)])
    require_token(seed.token, str(seed.path))
    return {api_origin(url): Token(text=seed.token, origin=str(seed.path))}


def _file_tokens(paths: Paths) -> dict[str, Token]:
    file = _file(paths)
    if file is None:
        return {}
    problems, found = _entries(file)
    raise_all(problems)
    return {origin: Token(text=text, origin=file.name) for origin, (_, text) in found.items()}


def _spellings(paths: Paths) -> dict[str, str]:
    file = _file(paths)
    return {origin: name for origin, (name, _) in _entries(file)[1].items()} if file else {}


def _file(paths: Paths) -> TomlFile | None:
    data = read_file(paths.credentials_file, private=True)
    return None if data is None else parse_toml(str(paths.credentials_file), data)


def _entries(file: TomlFile) -> tuple[list[Problem], dict[str, tuple[str, str]]]:
    """What is wrong in the file, and each sound entry: origin -> (as written, token)."""
    wanted = 'wants tables such as [origin."https://host:443"]'
    problems = [_problem(file, (name,), wanted) for name in file.tables if name != "origin"]
    found: dict[str, tuple[str, str]] = {}
    tables = file.tables.get("origin", {})
    if not isinstance(tables, dict):
        return [*problems, _problem(file, ("origin",), wanted)], found
    for name, table in tables.items():
        fault = _entry_fault(name, table)
        if not fault and api_origin(name) in found:
            fault = "this origin is there twice"
        if fault:
            problems.append(_problem(file, ("origin", name), fault))
        else:
            found[api_origin(name)] = (name, table["token"])
    return problems, found


def _entry_fault(name: str, table: object) -> str:
    if fault := url_fault(name):
        return fault
    if not isinstance(table, dict) or set(table) != {"token"} or not isinstance(table["token"], str):
        return 'wants exactly one line: token = "..."'
    return token_fault(table["token"])


def _problem(file: TomlFile, path: tuple[str, ...], text: str) -> Problem:
    # The name of a table may be a mistyped secret; its line says enough.
    return Problem(where=file.name, line=file.line_of(path), text=text)


def token_fault(token: str) -> str:
    """What keeps a text from being sent as a bearer token; never repeats it."""
    if not token:
        return "the token is empty"
    if len(token) > LONGEST_TOKEN:
        return "the token is too long"
    plain = token.isascii() and token.isprintable() and " " not in token
    return "" if plain else "the token holds spaces or characters that cannot be sent"


def require_token(token: str, where: str) -> None:
    """Nothing for a text that can be sent as a token.

    Raises:
        SettingsProblem: it cannot; the message names `where`, never the token.
    """
    if fault := token_fault(token):
        raise_all([Problem(where=where, text=fault)])
