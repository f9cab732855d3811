"""Files that an agent may not change unasked: they decide what runs on other machines, or what later agents are told.

Pure rules. Patterns are like those of `.gitignore`: without a slash a name at any depth, with one from the top; a slash
at the end means a folder with all in it; `*` stays inside one name, `**` does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from runner.runs.link_ways import Look, places
from runner.visible import without_hidden

_HOOKS = "runs on every machine that has this repository"
_CI = "decides what the build servers run, with their secrets"
_GIT = "changes what git does with other files"
_AGENT = "tells agents what to do and what they may"
_EDITOR = "runs when somebody opens the folder"
_OWNERS = "decides who must review"
_OURS = "decides what runner does"

DEFAULTS = {
    why: tuple(patterns.split())
    for why, patterns in {
        _HOOKS: """
            .githooks/ .husky/ .hooks/ githooks/ git-hooks/ .pre-commit-config.yaml
            .pre-commit-config.yml .pre-commit-hooks.yaml lefthook.yml lefthook.yaml lefthook.toml
            .lefthook.yml .lefthook.yaml .lefthook.toml .lefthook/ lefthook-local.* .overcommit.yml
            .huskyrc* .simple-git-hooks.* simple-git-hooks.* .lintstagedrc* .git-hooks/ .envrc
        """,
        _CI: """
            /.github/workflows/ /.github/actions/ /.github/dependabot.yml /.github/dependabot.yaml
            /.gitlab-ci.yml /.gitlab-ci.yaml /.gitlab/ci/ /.circleci/ /.buildkite/ /buildkite.yml
            Jenkinsfile Jenkinsfile.* azure-pipelines*.yml azure-pipelines*.yaml /.azure-pipelines/
            /.travis.yml /appveyor.yml /.appveyor.yml /bitbucket-pipelines.yml /.drone.yml
            /.woodpecker.yml /.woodpecker/ /.cirrus.yml /cloudbuild.yaml /cloudbuild.yml /.teamcity/
            /.forgejo/workflows/ /.gitea/workflows/ /.semaphore/ /.tekton/ /.ci/ action.yml
            action.yaml
        """,
        _GIT: """
            .gitattributes .gitmodules .git .git/ .lfsconfig .mailmap .gitconfig
        """,
        _OURS: """
            .runner.toml /prompts/ .runner/
        """,
        _AGENT: """
            CLAUDE.md CLAUDE.local.md AGENTS.md AGENT.md GEMINI.md .claude/ .mcp.json .claude.json
            .cursor/ .cursorrules .windsurf/ .windsurfrules .clinerules .clinerules/ .roo/ .codex/
            .gemini/ .aider* .continue/ /.github/copilot-instructions.md /.github/instructions/
            /.github/prompts/ /.github/agents/ .opencode/ opencode.json
        """,
        _EDITOR: """
            .devcontainer/ .devcontainer.json **/.vscode/tasks.json **/.vscode/settings.json
            **/.vscode/launch.json **/.vscode/mcp.json **/.vscode/extensions.json *.code-workspace
            .zed/ .nvim.lua .nvimrc .exrc .vimrc .dir-locals.el *.sublime-project
            **/.idea/runConfigurations/ .run/ .fleet/
        """,
        _OWNERS: """
            CODEOWNERS /.github/settings.yml /.github/rulesets/
        """,
    }.items()
}
"""Why, and the patterns that hold for every repository."""

IN_WORDS = (
    "CI files such as .github/workflows/",
    "folders of git hooks, .pre-commit-config.yaml and the like",
    ".gitattributes, .gitmodules, .runner.toml, CODEOWNERS",
    "instructions and settings of agents and editors: CLAUDE.md, AGENTS.md, .claude/, .vscode/, .devcontainer/",
)
"""The same for whoever has to keep to it: short, for it is part of every prompt."""

_LINK_OUT = "a link that leaves the repository"
_LINK_IN = "a link to a protected file"
_LINK_ABOVE = "a link to a folder with protected files"
_LINK_TOP = "a link to the top of the repository, with all protected files"
_LINK_FOR = "a link in the place of a folder with protected files"
_TOP = "."
_NAME = re.compile(r"[^\s\"'`<>()\[\]{},;|*]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """A protected path, and what protects it."""

    path: str
    pattern: str
    """As it stands in the settings or the defaults; empty for a link out of the repository, or to its top."""
    why: str

    def told(self) -> str:
        """One line for people, with a path that `allow` takes: the bare name of a link could be any word."""
        bare = self.why.startswith("a link ") and "/" not in self.path and not self.path.startswith(".")
        return f"{'/' if bare else ''}{self.path} ({self.why})"


def protected_in(
    paths: Iterable[str],
    *,
    extra: Iterable[str] = (),
    allowed: Iterable[str] = (),
    links: Mapping[str, str] | None = None,
    before: Mapping[str, str] | None = None,
) -> tuple[Protected, ...]:
    """Those of the changed `paths` that are protected, in their order.

    A change is of any sort: new, edited, deleted, another mode; a renamed file is there with both of its names. `links`
    are symbolic links among them and where each points: what is behind a link has two names, so one counts that stands
    for, or leads to, a protected path or a folder with such in it, also by way of other links: of these, and of those
    that were there `before` the change. `allowed` patterns win over all others; only a link that leaves the repository
    cannot be allowed.
    """
    paths, links = tuple(paths), links or {}
    looks = _looks(paths, links, before or {})
    rules, exempt = _rules(tuple(extra)), _compiled(tuple(allowed))
    found = []
    for path in paths:
        target = links.get(path)
        whole = _match(path, rules, exempt) or (
            _match_link(path, target, looks, rules, exempt) if target is not None else None
        )
        if whole is not None:
            found.append(whole)
    return tuple(found)


def named_in_task(
    files: Iterable[str],
    title: str,
    description: str,
    *,
    extra: Iterable[str] = (),
    allowed: Iterable[str] = (),
) -> tuple[Protected, ...]:
    """Protected paths that a task says are to be worked on, so that a person can be asked before anything is spent.

    A task's files count as they are. In a text only what looks like a path counts: a slash, or a dot at the beginning,
    or exactly a protected name such as `Jenkinsfile`.
    """
    rules, exempt = _rules(tuple(extra)), _compiled(tuple(allowed))
    names = (*files, *_names(title), *_names(description))
    seen = {name.removeprefix("./").rstrip("/"): name for name in names}
    found = [_match(path, rules, exempt) or _match(f"{path}/x", rules, exempt) for path in seen]
    return tuple({item.path.removesuffix("/x"): item for item in found if item is not None}.values())


def _names(text: str) -> Iterator[str]:
    """What may be a path in a text; the sentence's own stop is not part of it."""
    for word in _NAME.findall(text):
        name = word.rstrip(".:!?")
        if "://" not in name and name.strip("./"):
            yield name


def _match(path: str, rules: _Rules, exempt: _Rules) -> Protected | None:
    plain = _plain(path)
    found = next((rule for rule in rules if rule.inside.fullmatch(plain)), None)
    if found is None or any(rule.inside.fullmatch(plain) for rule in exempt):
        return None
    return Protected(path=path, pattern=found.pattern, why=found.why)


def _looks(
    changed: tuple[str, ...], links: Mapping[str, str], before: Mapping[str, str]
) -> tuple[Look, Look]:
    """Find a link as it is after the change: by its path as it is written, and as a forgiving file system sees it."""
    gone = frozenset(changed)
    after = {path: to for path, to in before.items() if path not in gone} | dict(links) if links else {}
    exact = {path: to.replace("\\", "/") for path, to in after.items()}
    plain = {_plain(path): to for path, to in exact.items()}
    deepest = max((path.count("/") for path in exact), default=-1)
    return exact.get, lambda path: None if path.count("/") > deepest else plain.get(_plain(path))


def _match_link(
    path: str, target: str, looks: tuple[Look, Look], rules: _Rules, exempt: _Rules
) -> Protected | None:
    written = target.replace("\\", "/")
    exact, forgiving = (places(path, written, look) for look in looks)
    if exact is None or forgiving is None:
        return Protected(path=path, pattern="", why=f"{_LINK_OUT}: {target}")
    if any(rule.covers(path) for rule in exempt):
        return None
    if (whole := next((rule for rule in rules if rule.covers(path)), None)) is not None:
        return Protected(path=path, pattern=whole.pattern, why=whole.why)
    if (below := next((rule for rule in rules if rule.is_below(path)), None)) is not None:
        return Protected(path=path, pattern=below.pattern, why=_LINK_FOR)
    found = (_match_target(path, place, rules, exempt) for place in dict.fromkeys((*exact, *forgiving)))
    return next((item for item in found if item is not None), None)


def _match_target(path: str, leads_to: str, rules: _Rules, exempt: _Rules) -> Protected | None:
    if leads_to == _TOP:
        return Protected(path=path, pattern="", why=_LINK_TOP)
    if any(rule.covers(leads_to) for rule in exempt):
        return None
    if (whole := next((rule for rule in rules if rule.covers(leads_to)), None)) is not None:
        return Protected(path=path, pattern=whole.pattern, why=f"{_LINK_IN}: {leads_to}")
    if (below := next((rule for rule in rules if rule.is_below(leads_to)), None)) is not None:
        return Protected(path=path, pattern=below.pattern, why=f"{_LINK_ABOVE}: {leads_to}")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A pattern, made ready."""

    pattern: str
    why: str
    inside: re.Pattern[str]
    """The paths that it means."""
    whole: re.Pattern[str] | None
    """The folders of which it means all; None for a pattern of another sort."""
    above: tuple[re.Pattern[str], ...]
    """Folders that such paths may be in, by name; those of any name are not here."""

    def covers(self, path: str) -> bool:
        plain = _plain(path)
        in_whole = self.whole is not None and self.whole.fullmatch(plain) is not None
        return in_whole or self.inside.fullmatch(plain) is not None

    def is_below(self, folder: str) -> bool:
        plain = _plain(folder)
        return any(regex.fullmatch(plain) for regex in self.above)


_Rules = tuple[_Rule, ...]


def _rules(extra: tuple[str, ...]) -> _Rules:
    return (*_defaults(), *_compiled(extra))


@cache
def _defaults() -> _Rules:
    return tuple(_rule(pattern, why) for why, patterns in DEFAULTS.items() for pattern in patterns)


@cache
def _compiled(patterns: tuple[str, ...]) -> _Rules:
    return tuple(_rule(pattern, "protected by the settings") for pattern in patterns if pattern.strip("/"))


def _rule(pattern: str, why: str) -> _Rule:
    plain = _plain(pattern.removesuffix("/"))
    # As in .gitignore: only a slash at the beginning or inside ties a pattern to the top.
    start = "" if "/" in plain.rstrip("/") or pattern.startswith("/") else "(?:.*/)?"
    plain = plain.lstrip("/")
    whole = plain if pattern.endswith("/") else plain.removesuffix("/**")
    return _Rule(
        pattern=pattern,
        why=why,
        inside=_regex(start, plain, "/.*" if pattern.endswith("/") else "(?:/.*)?"),
        whole=_regex(start, whole) if pattern.endswith("/") or whole != plain else None,
        above=tuple(_regex(start, head) for head in _heads(plain)),
    )


def _heads(plain: str) -> Iterator[str]:
    """The folders on the way down a pattern, from where it begins to name them."""
    parts = plain.strip("/").split("/")
    for number, part in enumerate(parts, 1):
        text, stars, _ = part.partition("**")
        if text and stars:
            # `a**z` goes through any number of folders.
            yield "/".join((*parts[: number - 1], text + stars))
            return
        head = "/".join(parts[:number])
        if number < len(parts) and head.strip("*?/"):
            yield head


def _regex(start: str, plain: str, end: str = "") -> re.Pattern[str]:
    body = "".join(_piece(part) for part in re.split(r"(\*\*/|/\*\*|\*\*|\*|\?)", plain))
    return re.compile(f"{start}{body}{end}", re.DOTALL)


def _piece(part: str) -> str:
    meaning = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return meaning.get(part) or re.escape(part)


@lru_cache(maxsize=1024)
def _plain(path: str) -> str:
    """As a forgiving file system sees it: no case, no invisible characters, no dots or blanks at a name's end."""
    text = unicodedata.normalize("NFC", without_hidden(path)).replace("\\", "/")
    text = re.sub("[\u200c\u200d\ufe00-\ufe0f]", "", text).casefold()
    return "/".join(part.rstrip(". ") or part for part in text.split("/"))
