"""`runner trust`: whether a repository's own settings and prompts are followed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.output import is_asked, json_option, safe, safe_block, show, table
from runner.errors import NotARepository, RunnerError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.wiring.app import App


@click.command()
@click.option("--list", "list_all", is_flag=True, help="List every trusted repository.")
@click.option("--revoke", is_flag=True, help="Trust nothing of this repository any more.")
@click.option("--rev", metavar="COMMIT", help="As they are in this commit, not as they lie in the checkout.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def trust(app: App, list_all: bool, revoke: bool, rev: str | None, yes: bool, as_json: bool) -> None:
    """Trust this repository's own settings and prompts as they are now.

    Its .runner.toml can name programs to run (checks, set-up), so look at it first; when a file changes, trust
    ends. It holds in all work trees of the repository. Without a terminal only --yes trusts.

    A run follows the files of the commit it starts from; --rev trusts those.

    \b
    Example:
      runner trust
      runner trust --rev origin/main
      runner trust --list
    """
    if list_all and revoke:
        raise click.UsageError("--list goes without --revoke")
    if rev and (list_all or revoke):
        raise click.UsageError("--rev goes with neither --list nor --revoke")
    if list_all:
        _list(app, as_json=as_json)
    elif revoke:
        _revoke(app, as_json=as_json)
    else:
        _trust(_at(app, rev), yes=yes, as_json=as_json)


def _at(app: App, rev: str | None) -> App:
    if rev is None:
        return app
    from runner.wiring.base import app_at_rev

    return app_at_rev(app, rev)


def _list(app: App, *, as_json: bool) -> None:
    from runner.settings.trust import list_trusted

    grants = list_trusted(app.paths)
    rows = ((grant.path, f"{grant.at:%Y-%m-%d %H:%M}", str(len(grant.files))) for grant in grants)
    text = table(("REPOSITORY", "TRUSTED AT", "FILES"), rows) if grants else "nothing is trusted"
    show(
        [{"path": grant.path, "at": grant.at, "files": sorted(grant.files)} for grant in grants],
        as_json=as_json,
        text=text,
    )


def _revoke(app: App, *, as_json: bool) -> None:
    from runner.settings.home import home_of
    from runner.settings.trust import revoke

    top = _top(app)
    was = revoke(app.paths, top)
    text = f"{_named(top)} is not trusted any more" if was else f"{_named(top)} was not trusted"
    show({"path": str(home_of(top)), "revoked": was}, as_json=as_json, text=text)


def _trust(app: App, *, yes: bool, as_json: bool) -> None:
    from runner.settings.trust import trust as give_trust

    top = _top(app)
    configuration = app.configuration
    project = configuration.project
    contents = {**(project.contents if project else {}), **configuration.env_words}
    if contents and not yes:
        _show_and_ask(top, contents)
    grant = give_trust(app.paths, top, contents, now=datetime.now(UTC))
    value = {"path": grant.path, "at": grant.at, "files": sorted(contents)}
    show(value, as_json=as_json, text=f"{_named(top)} is trusted: {', '.join(map(safe, sorted(contents)))}")


def _show_and_ask(top: Path, contents: Mapping[str, bytes]) -> None:
    """Trust is a person's word: they see the very bytes, and say yes.

    Raises:
        UsageProblem: nobody is there to be asked.
        RunnerError: they did not say yes.
    """
    for name, data in sorted(contents.items()):
        click.echo(f"--- {safe(name)}\n{safe_block(data.decode(errors='replace')).rstrip()}", err=True)
    if not is_asked():
        raise UsageProblem(
            "nobody can be asked: standard input is no terminal", hint="look at the files, then add --yes"
        )
    if not click.confirm(
        f"Trust {'this file' if len(contents) == 1 else f'these {len(contents)} files'} of {_named(top)}?",
        err=True,
    ):
        raise RunnerError(f"{_named(top)} is not trusted", hint="nothing was changed")


def _top(app: App) -> Path:
    if app.source is None:
        if (app.cwd / "HEAD").is_file() and (app.cwd / "objects").is_dir():
            raise NotARepository(
                f"{app.cwd} is a bare repository, which has no files to trust", hint="go to a checkout of it"
            )
        raise NotARepository(f"{app.cwd} is not in a git repository", hint="go to your checkout first")
    return app.source.top


def _named(top: Path) -> str:
    """The repository that trust is about, which is not always the folder somebody stands in."""
    from runner.settings.home import home_of

    home = home_of(top)
    return safe(str(top)) if home == top else f"{safe(str(home))} with all its work trees"
