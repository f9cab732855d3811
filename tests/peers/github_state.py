"""What our GitHub knows: one repository, its pull requests and labels, and what each operation answers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """GitHub answers with errors in GraphQL's form; `kind` is what it calls the sort of error."""

    def __init__(self, message: str, *, kind: str = "UNPROCESSABLE", path: str = "createPullRequest") -> None:
        super().__init__(message)
        self.error: Json = {"type": kind, "path": [path], "message": message}


@dataclass(slots=True, kw_only=True)
class Pull:
    """A pull request as people would see it."""

    number: int
    title: str
    body: str
    head: str
    base: str
    draft: bool
    url: str
    labels: list[str] = field(default_factory=list)
    state: str = "OPEN"
    fork_owner: str = ""
    """Set when the branch is in somebody's fork."""
    head_commit: str = ""
    """Follows the branch while it is open; the last one when it has ended, also when the branch is gone."""


class GitHubState:
    """Keeps the books of one repository whose branches are those of the bare repository at `origin`."""

    def __init__(self, origin: Path, *, owner: str, name: str, host: str) -> None:
        self.origin, self.owner, self.name, self.host = origin, owner, name, host
        self.pulls: list[Pull] = []
        self.labels = ["bug", "agent", "good first issue", 'odd, "label"']
        self.former_name = ""
        """An earlier name that GitHub still answers to."""
        self.drafts_supported = True
        self.may_pull, self.may_push, self.private, self.archived = True, True, False, False
        self.scopes: str | None = "repo, read:org"
        """What the token may do; None for one that has no scopes but rights of its own."""
        self.spent = False
        """The hour's requests."""
        self.hide_from_branch_look_up = False
        """As if somebody opened it between gh's look and its request."""
        self.looks_behind = 0
        """So many lists of pull requests still tell the newest commits of before."""

    @property
    def names(self) -> tuple[str, str]:
        """What the repository is called, in small letters: GitHub follows it to its new name."""
        return f"{self.owner}/{self.name}".lower(), self.former_name.lower()

    def open_pull(self, *, head: str, base: str = "main", title: str = "", fork_owner: str = "") -> Pull:
        """Somebody opens a pull request on the web page."""
        return self._add(Pull(
            number=0, title=title or head, body="", head=head, base=base, draft=False, url="", fork_owner=fork_owner,
        ))  # fmt: skip

    def end_pull(self, pull: Pull, state: str, *, squashed: bool = False, delete: bool = False) -> None:
        """Somebody closes or merges it: `CLOSED`, `MERGED`; `delete` is the button that appears then."""
        self._follow(pull)
        pull.state = state
        if squashed:
            tree, words = f"{pull.head_commit}^{{tree}}", ("-m", f"{pull.title} (#{pull.number})")
            made = self._git("commit-tree", tree, "-p", self._branch(pull.base), *words)
            self._git("update-ref", f"refs/heads/{pull.base}", made)
        if delete:
            self._git("update-ref", "-d", f"refs/heads/{pull.head}")

    def answer(self, operation: str, query: str, variables: Json) -> Json:
        """The `data` of one GraphQL operation. Raises: Refused; KeyError for one we do not know."""
        operations: dict[str, Callable[[str, Json], Json]] = {
            "RepositoryInfo": self._repository,
            "PullRequestForBranch": self._for_branch,
            "PullRequestList": self._list,
            "PullRequestByNumber": self._by_number,
            "RepositoryResolveMetadataIDs": self._resolve,
            "PullRequestCreate": self._create,
            "PullRequestCreateMetadata": self._label,
            "PullRequestReadyForReview": lambda _query, asked: self._set_draft(asked, draft=False),
            "ConvertPullRequestToDraft": lambda _query, asked: self._set_draft(asked, draft=True),
            "UserCurrent": lambda _query, _variables: {"viewer": {"login": "ada"}},
        }
        if "projectCards" in query:
            # Boards of the old sort are gone, and with them every `gh pr edit` before 2.82.1.
            words = "Projects (classic) is being deprecated in favor of the new Projects experience"
            raise Refused(words, kind="", path="repository")
        return operations[operation](query, variables)

    def _repository(self, query: str, variables: Json) -> Json:
        self._known(variables["owner"], variables["name"])
        branch = {"name": "main"}
        repository = {
            "id": "R_1",
            "name": self.name,
            "owner": {"id": "O_1", "login": self.owner},
            "parent": None,
        }
        rights = {
            "viewerPermission": "WRITE",
            "hasIssuesEnabled": True,
            "hasWikiEnabled": True,
            "description": "",
        }
        address = {
            "nameWithOwner": f"{self.owner}/{self.name}",
            "url": f"http://{self.host}/{self.owner}/{self.name}",
        }
        merges = {"mergeCommitAllowed": True, "rebaseMergeAllowed": True, "squashMergeAllowed": True}
        return {"repository": {**repository, **address, **rights, **merges, "defaultBranchRef": branch}}

    def _known(self, owner: str, name: str) -> None:
        if f"{owner}/{name}".lower() not in self.names:
            words = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise Refused(words, kind="NOT_FOUND", path="repository")

    def _for_branch(self, query: str, variables: Json) -> Json:
        self._known(variables["owner"], variables["repo"])
        hidden = self.hide_from_branch_look_up
        found = [] if hidden else self._matching(variables["headRefName"], None, variables.get("states"))
        return {"repository": {"pullRequests": {"nodes": found}, "defaultBranchRef": {"name": "main"}}}

    def _list(self, query: str, variables: Json) -> Json:
        self._known(variables["owner"], variables["repo"])
        found = self._matching(variables["headBranch"], variables.get("baseBranch"), variables.get("state"))
        self.looks_behind = max(0, self.looks_behind - 1)
        page = {"hasNextPage": False, "endCursor": ""}
        return {"repository": {"pullRequests": {"totalCount": len(found), "nodes": found, "pageInfo": page}}}

    def _by_number(self, query: str, variables: Json) -> Json:
        found = [pull for pull in self.pulls if pull.number == variables["pr_number"]]
        return {"repository": {"pullRequest": self._node(found[0]) if found else None}}

    def _matching(self, head: str, base: str | None, states: list[str] | None) -> list[Json]:
        return [
            self._node(pull)
            for pull in reversed(self.pulls)
            if pull.head == head and base in (None, pull.base) and (states is None or pull.state in states)
        ]

    def _follow(self, pull: Pull) -> None:
        """An open one has the newest commit of its branch."""
        if self.looks_behind:
            return
        if pull.state == "OPEN" and not pull.fork_owner:
            pull.head_commit = self._branch(pull.head) or pull.head_commit

    def _node(self, pull: Pull) -> Json:
        self._follow(pull)
        owner = (
            {"id": "O_2", "login": pull.fork_owner} if pull.fork_owner else {"id": "O_1", "login": self.owner}
        )
        return {
            "id": f"P_{pull.number}",
            "number": pull.number,
            "url": pull.url,
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "labels": {"nodes": [{"name": label} for label in pull.labels], "totalCount": len(pull.labels)},
            "isDraft": pull.draft,
            "baseRefName": pull.base,
            "headRefName": pull.head,
            "headRefOid": pull.head_commit,
            "isCrossRepository": bool(pull.fork_owner),
            "headRepositoryOwner": owner,
        }

    def _resolve(self, query: str, variables: Json) -> Json:
        asked = re.findall(r'(\w+): label\(name:"((?:[^"\\]|\\.)*)"\)', query)
        ids = {label.lower(): {"id": f"L_{at}", "name": label} for at, label in enumerate(self.labels)}
        return {
            "repository": {alias: ids.get(re.sub(r"\\(.)", r"\1", name).lower()) for alias, name in asked}
        }

    def _create(self, query: str, variables: Json) -> Json:
        asked = variables["input"]
        head, base, draft = asked["headRefName"], asked["baseRefName"], asked["draft"]
        if problems := self._problems(head, base, asked["title"]):
            raise Refused(", ".join(problems))
        if draft and not self.drafts_supported:
            raise Refused("Draft pull requests are not supported in this repository.")
        if any(
            (pull.head, pull.base, pull.state, pull.fork_owner) == (head, base, "OPEN", "")
            for pull in self.pulls
        ):
            raise Refused(f"A pull request already exists for {self.owner}:{head}.")
        pull = Pull(
            number=0, title=asked["title"], body=asked["body"], head=head, base=base, draft=draft, url=""
        )
        self._add(pull)
        return {"createPullRequest": {"pullRequest": {"id": f"P_{pull.number}", "url": pull.url}}}

    def _problems(self, head: str, base: str, title: str) -> list[str]:
        """What GitHub lists, in its words and order."""
        there, ground = self._branch(head), self._branch(base)
        problems = [] if there else ["Head sha can't be blank"]
        problems += [] if ground else ["Base sha can't be blank"]
        if not there or not ground or not self._git("rev-list", "--count", f"{base}..{head}").strip("0"):
            problems.append(f"No commits between {base} and {head}")
        problems += [] if there else ["Head ref must be a branch"]
        problems += [] if ground else ["Base ref must be a branch"]
        return problems + (["Title is too long (maximum is 256 characters)"] if len(title) > 256 else [])

    def _branch(self, name: str) -> str:
        return self._git("for-each-ref", "--format=%(objectname)", f"refs/heads/{name}")

    def _git(self, *arguments: str) -> str:
        command = ["git", "--git-dir", str(self.origin), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def _add(self, pull: Pull) -> Pull:
        pull.number = len(self.pulls) + 1
        pull.head_commit = self._branch(pull.head)
        pull.url = f"http://{self.host}/{self.owner}/{self.name}/pull/{pull.number}"
        self.pulls.append(pull)
        return pull

    def _label(self, query: str, variables: Json) -> Json:
        asked = variables["input"]
        pull = self.pulls[int(asked["pullRequestId"].removeprefix("P_")) - 1]
        pull.labels += [self.labels[int(label.removeprefix("L_"))] for label in asked.get("labelIds") or ()]
        return {"updatePullRequest": {"clientMutationId": ""}}

    def _set_draft(self, variables: Json, *, draft: bool) -> Json:
        pull = self.pulls[int(variables["input"]["pullRequestId"].removeprefix("P_")) - 1]
        if draft and not self.drafts_supported:
            raise Refused("Draft pull requests are not supported in this repository.")
        pull.draft = draft
        name = "convertPullRequestToDraft" if draft else "markPullRequestReadyForReview"
        return {name: {"pullRequest": {"id": f"P_{pull.number}"}}}
