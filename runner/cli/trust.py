"""`runner trust`: whether a repository's own settings and prompts are followed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.output import json_option, safe, safe_block, show, table
from runner.errors import NotARepository

if TYPE_CHECKING:
    from runner.wiring.app import App


@click.command()
@click.option("--list", "list_all", is_flag=True, help="List every trusted repository.")
@click.option("--revoke", is_flag=True, help="Trust nothing of this repository any more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def trust(app: App, list_all: bool, revoke: bool, yes: bool, as_json: bool) -> None:
    """Trust this repository's .runner.toml and prompts, exactly as they are now.

    They can name programs to run (checks, set-up), so look at them first; when they change, trust ends.

    \b
    Example:
      runner trust
      runner trust --list
    """
    if list_all and revoke:
        raise click.UsageError("--list goes without --revoke")
    if list_all:
        _list(app, as_json=as_json)
    elif revoke:
        _revoke(app, as_json=as_json)
    else:
        _trust(app, yes=yes, as_json=as_json)


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
    from runner.settings.trust import revoke

    top = _top(app)
    was = revoke(app.paths, top)
    text = f"{top} is not trusted any more" if was else f"{top} was not trusted"
    show({"path": str(top), "revoked": was}, as_json=as_json, text=text)


def _trust(app: App, *, yes: bool, as_json: bool) -> None:
    from runner.settings.trust import trust as give_trust

    top = _top(app)
    project = app.configuration.project
    contents = project.contents if project else {}
    if contents and not yes and not as_json:
        for name, data in sorted(contents.items()):
            click.echo(f"--- {safe(name)}\n{safe_block(data.decode(errors='replace')).rstrip()}", err=True)
        click.confirm(f"Trust these {len(contents)} files of {top}?", abort=True, err=True)
    grant = give_trust(app.paths, top, contents, now=datetime.now(UTC))
    value = {"path": grant.path, "at": grant.at, "files": sorted(contents)}
    show(value, as_json=as_json, text=f"{top} is trusted: {', '.join(map(safe, sorted(contents)))}")


def _top(app: App) -> Path:
    if app.source is None:
        raise NotARepository(f"{app.cwd} is not in a git repository", hint="go to your checkout first")
    return app.source.top
