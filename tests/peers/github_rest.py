"""The part of GitHub's REST interface that we use, over the same books as the GraphQL part."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from tests.peers.github_state import GitHubState, Json, Pull
from tests.peers.github_troubles import reset_at

RestAnswer = tuple[int, object]
"""Status and JSON."""

_NOT_FOUND: RestAnswer = (404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})


def rest(state: GitHubState, method: str, path: str, body: Json) -> RestAnswer:
    """What GitHub answers to one call with a good token."""
    if (method, path) == ("GET", "/user"):
        return 200, {"login": "ada"}
    if (method, path) == ("GET", "/rate_limit"):
        return 200, {"resources": {"core": _purse(False), "graphql": _purse(state.spent)}}
    found = re.fullmatch(r"/repos/([^/]+/[^/]+)((?:/.*)?)", path)
    if found is None or found[1].lower() not in state.names:
        return _NOT_FOUND
    for route, answer in _ROUTES.items():
        wanted, _, inside = route.partition(" ")
        if wanted == method and (parts := re.fullmatch(inside, found[2])):
            return answer(state, *map(unquote, parts.groups()), body)
    return _NOT_FOUND


def _purse(spent: bool) -> Json:
    return {"limit": 5000, "remaining": 0 if spent else 4990, "reset": reset_at()}


def _repository(state: GitHubState, body: Json) -> RestAnswer:
    return 200, {
        "full_name": f"{state.owner}/{state.name}",
        "private": state.private,
        "archived": state.archived,
        "permissions": {"admin": False, "maintain": False, "push": state.may_push, "pull": state.may_pull},
    }


def _label(state: GitHubState, name: str, body: Json) -> RestAnswer:
    known = [label for label in state.labels if label.lower() == name.lower()]
    return (200, {"name": known[0]}) if known else _NOT_FOUND


def _change(state: GitHubState, number: str, body: Json) -> RestAnswer:
    pull = _pull(state, number)
    if pull is None:
        return _NOT_FOUND
    pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
    return 200, {"number": pull.number, "title": pull.title}


def _add_labels(state: GitHubState, number: str, body: Json) -> RestAnswer:
    pull = _pull(state, number)
    if pull is None:
        return _NOT_FOUND
    # A label that is not there is made, as GitHub does.
    state.labels += [label for label in body["labels"] if label not in state.labels]
    pull.labels += [label for label in body["labels"] if label not in pull.labels]
    return 200, [{"name": label} for label in pull.labels]


def _pull(state: GitHubState, number: str) -> Pull | None:
    return next((pull for pull in state.pulls if pull.number == int(number)), None)


_ROUTES: dict[str, Callable[..., RestAnswer]] = {
    "GET ": _repository,
    "GET /labels/(.+)": _label,
    "PATCH /pulls/([0-9]+)": _change,
    "POST /issues/([0-9]+)/labels": _add_labels,
}
