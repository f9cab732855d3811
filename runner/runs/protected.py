"""Files that an agent may not change unasked: they decide what runs on other machines, or what later agents are told.

Pure rules. Patterns are like those of `.gitignore`: without a slash a name at any depth, with one from the top; a slash
at the end means a folder with all in it; `*` stays inside one name, `**` does not.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

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
_NAME = re.compile(r"[^\s\"'`<>()\[\]{},;|*]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """A protected path, and what protects it."""

    path: str
    pattern: str
    """As it stands in the settings or the defaults; empty for a link that leaves the repository."""
    why: str

    def told(self) -> str:
        """One line for people."""
        return f"{self.path} ({self.why})"


def protected_in(
    paths: Iterable[str],
    *,
    extra: Iterable[str] = (),
    allowed: Iterable[str] = (),
    links: Mapping[str, str] | None = None,
) -> tuple[Protected, ...]:
    """Those of the changed `paths` that are protected, in their order.

    A change is of any sort: new, edited, deleted, another mode; a renamed file is there with both of its names. `links`
    are symbolic links among them and where each points. `allowed` patterns win over all others; only a link that leaves
    the repository cannot be allowed.
    """
    rules, exempt = _rules(tuple(extra)), _compiled(tuple(allowed))
    found = []
    for path in paths:
        target = (links or {}).get(path)
        whole = _match(path, rules, exempt) or (
            _match_link(path, target, rules, exempt) if target is not None else None
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
    found = next((rule for rule in rules if rule[0].fullmatch(plain)), None)
    if found is None or any(regex.fullmatch(plain) for regex, _, _ in exempt):
        return None
    return Protected(path=path, pattern=found[1], why=found[2])


def _match_link(path: str, target: str, rules: _Rules, exempt: _Rules) -> Protected | None:
    leads_to = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if target.startswith("/") or leads_to == ".." or leads_to.startswith("../"):
        return Protected(path=path, pattern="", why=f"{_LINK_OUT}: {target}")
    found = _match(leads_to, rules, exempt) or _match(f"{leads_to}/x", rules, exempt)
    if found is None:
        return None
    return Protected(path=path, pattern=found.pattern, why=f"{_LINK_IN}: {leads_to}")


_Rules = tuple[tuple[re.Pattern[str], str, str], ...]


def _rules(extra: tuple[str, ...]) -> _Rules:
    return (*_defaults(), *_compiled(extra))


@cache
def _defaults() -> _Rules:
    return tuple(
        (_regex(pattern), pattern, why) for why, patterns in DEFAULTS.items() for pattern in patterns
    )


@cache
def _compiled(patterns: tuple[str, ...]) -> _Rules:
    return tuple(
        (_regex(pattern), pattern, "protected by the settings") for pattern in patterns if pattern.strip("/")
    )


def _regex(pattern: str) -> re.Pattern[str]:
    plain = _plain(pattern.removesuffix("/"))
    # As in .gitignore: only a slash at the beginning or inside ties a pattern to the top.
    start = "" if "/" in plain.rstrip("/") or pattern.startswith("/") else "(?:.*/)?"
    body = "".join(_piece(part) for part in re.split(r"(\*\*/|/\*\*|\*\*|\*|\?)", plain.lstrip("/")))
    return re.compile(f"{start}{body}{'/.*' if pattern.endswith('/') else '(?:/.*)?'}", re.DOTALL)


def _piece(part: str) -> str:
    meaning = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return meaning.get(part) or re.escape(part)


def _plain(path: str) -> str:
    """As a forgiving file system sees it: no case, no invisible characters, no dots or blanks at a name's end."""
    text = unicodedata.normalize("NFC", without_hidden(path)).replace("\\", "/")
    text = re.sub("[\u200c\u200d\ufe00-\ufe0f]", "", text).casefold()
    return "/".join(part.rstrip(". ") or part for part in text.split("/"))
