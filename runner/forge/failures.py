"""What a person reads when gh or its host cannot, or will not; pure."""

from __future__ import annotations

from datetime import datetime

from runner.errors import GhFailed
from runner.forge.remote import RemoteRepository
from runner.gh.words import GhAnswer, Said

PUSHED = "nothing is lost, the branch is pushed"
UNSPENT = "nothing was begun and nothing spent"

_SIGN_IN = (
    "run `gh auth login --hostname {host}`, or set GH_TOKEN (GH_ENTERPRISE_TOKEN for a server of your own)"
)
_PROBLEMS = {
    Said.NOT_AUTHENTICATED: ("gh is not signed in to {host}", _SIGN_IN),
    Said.SIGN_IN_REFUSED: ("{host} does not accept gh's token", "is it old or revoked? " + _SIGN_IN),
    Said.FORBIDDEN: (
        "gh may not open pull requests in {repository}: {detail}",
        "its token needs the right to write pull requests there; `gh auth status` shows which token it is",
    ),
    Said.RATE_LIMITED: ("{host} wants fewer requests: {detail}", "{safe}: try again {when}"),
    Said.NO_NETWORK: (
        "gh cannot reach {host}: {detail}",
        "check the connection and the proxy; {safe}: try again later",
    ),
    Said.SERVER_ERROR: ("{host} failed: {detail}", "{safe}: try again later"),
    Said.TIMED_OUT: ("{host} did not answer: {detail}", "{safe}: try again later"),
    Said.ODD_ANSWER: (
        "what answered is not {host}: {detail}",
        "a sign-in page of the network, or a proxy? {safe}: try again later",
    ),
    Said.HEAD_NOT_PUSHED: ("{repository} has no branch {branch}", "push it first: git push origin {branch}"),
    Said.BASE_MISSING: (
        "{repository} has no branch {base} to merge into",
        "name another one with --base or `[pull_request] base`",
    ),
    Said.NO_COMMITS: ("{branch} has no commit that {base} lacks", "there is nothing to merge"),
    Said.NOT_FOUND: (
        "gh sees no repository {repository}",
        "check the address of the remote, and that gh's token may read it",
    ),
}
_ODD_ADDRESS = (
    "gh answered {url}, which is no pull request of {repository}",
    "look at the pull requests of {repository} before you try again",
)
_OTHER_ACT = (
    "gh could not open the pull request: {detail}",
    "`gh pr create --repo {repository}` may say more",
)
_OTHER_LOOK = ("gh could not look at {repository}: {detail}", "`gh repo view {repository}` may say more")


def not_opened(
    answer: GhAnswer,
    *,
    repository: RemoteRepository,
    branch: str,
    base: str,
    retry_at: datetime | None = None,
) -> GhFailed:
    """Why there is no pull request. `retry_at` is when a host that wants fewer requests answers again."""
    made = answer.said in (Said.CREATED, Said.LABELS_FAILED, Said.EXISTS)
    problem = _ODD_ADDRESS if made else _PROBLEMS.get(answer.said, _OTHER_ACT)
    words = {"branch": branch, "base": base, "url": repr(answer.url[:200]), "safe": PUSHED}
    return _failure(problem, words, answer.said, answer.detail, repository, retry_at)


def not_seen(
    said: Said, detail: str, *, repository: RemoteRepository, retry_at: datetime | None = None
) -> GhFailed:
    """Why the repository could not be looked at before any work."""
    return _failure(_PROBLEMS.get(said, _OTHER_LOOK), {"safe": UNSPENT}, said, detail, repository, retry_at)


def not_known(why: GhFailed, *, what: str) -> GhFailed:
    """A run pushed a branch, or opened a pull request, before, and nobody could tell what became of it."""
    again = "try again later" if why.kind == "later" else "`gh auth status` may say more; then try again"
    return GhFailed(
        f"gh could not look what became of {what}: {why}",
        hint=f"nothing is lost: {again}",
        kind=why.kind,
        retry_at=why.retry_at,
    )


def not_allowed(why: str, *, repository: RemoteRepository) -> GhFailed:
    """The repository is there, but this account cannot open pull requests in it."""
    message, hint = _PROBLEMS[Said.FORBIDDEN]
    words = {"repository": str(repository), "detail": why}
    return GhFailed(message.format(**words), hint=hint, kind="refused")


def _failure(
    problem: tuple[str, str],
    words: dict[str, str],
    said: Said,
    detail: str,
    repository: RemoteRepository,
    retry_at: datetime | None,
) -> GhFailed:
    when = f"after {retry_at:%Y-%m-%d %H:%M:%S} UTC" if retry_at else "later"
    words |= {"host": repository.host, "repository": str(repository), "detail": detail, "when": when}
    message, hint = problem
    return GhFailed(message.format(**words), hint=hint.format(**words), kind=said.trouble, retry_at=retry_at)
