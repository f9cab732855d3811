"""`runner config`: what holds, where it came from, and how to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import suggesting
from runner.cli.group import Group
from runner.cli.output import counted, json_option, safe, show, table, tell_warnings

if TYPE_CHECKING:
    from runner.settings.show import Row
    from runner.wiring.app import App


@click.group(cls=Group)
def config() -> None:
    """See and change settings.

    \b
    Example:
      runner config show --origin
    """


@config.command("show")
@click.argument("keys", nargs=-1, metavar="[KEY]...", shell_complete=suggesting.setting_keys)
@click.option("--origin", is_flag=True, help="Also say where each value came from.")
@json_option
@click.pass_obj
def show_config(app: App, keys: tuple[str, ...], origin: bool, as_json: bool) -> None:
    """Show every setting, or those whose key begins with KEY.

    \b
    Example:
      runner config show claude --origin
    """
    from runner.settings.credentials import load_credentials
    from runner.settings.show import show as rows_of

    url = app.settings.base_url
    credentials = load_credentials(app.paths, environment=app.environ, base_url=url)
    rows = tuple(
        row for row in rows_of(app.configuration, credentials) if not keys or row.key.startswith(keys)
    )
    if not rows:
        raise click.UsageError(f"no key begins with {', '.join(keys)}; `runner config show` lists them all")
    tell_warnings(app.untold(app.configuration.warnings))
    show(rows, as_json=as_json, text=_rows_text(rows, origin=origin))


def _rows_text(rows: tuple[Row, ...], *, origin: bool) -> str:
    head = ("KEY", "VALUE", "ORIGIN") if origin else ("KEY", "VALUE")
    return table(head, ((row.key, _shown(row.value), row.origin)[: len(head)] for row in rows))


def _shown(value: object) -> str:
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@config.command("set")
@click.argument("key", shell_complete=suggesting.setting_keys)
@click.argument("value")
@json_option
@click.pass_obj
def set_config(app: App, key: str, value: str, as_json: bool) -> None:
    """Write KEY = VALUE into your settings.

    A VALUE of "" takes the key out again. `runner --profile NAME config set` writes into that profile.

    \b
    Example:
      runner config set claude.model sonnet
    """
    from runner.settings.config_file import set_value, unset_value

    if value == "":
        gone = unset_value(app.paths, key, profile=app.flags.profile)
        text = f"{key} is unset" if gone else f"{key} was not set"
        show({"key": key, "value": None}, as_json=as_json, text=text)
        return
    written = set_value(app.paths, key, value, profile=app.flags.profile)
    show({"key": key, "value": written}, as_json=as_json, text=f"{key} = {_shown(written)}")


@config.command()
@json_option
@click.pass_obj
def validate(app: App, as_json: bool) -> None:
    """Check every settings, credentials and limits file.

    Exit code 2 means that something is wrong; each problem is a line.

    \b
    Example:
      runner config validate
    """
    from runner.errors import SettingsProblem
    from runner.settings.show import validate as validate_all

    report = validate_all(
        app.paths,
        environment=app.environ,
        project=app.source,
        profile=app.flags.profile,
        folder=app.cwd,
        tracked=app.tracks,
    )
    problems = list(report.problems)
    problems += limits_problems(app)
    lines = [f"error: {safe(problem)}" for problem in problems]
    lines += [f"warning: {safe(warning)}" for warning in report.warnings]
    lines.append(
        f"{counted(report.keys, 'value')} in {counted(len(report.files), 'file')}: "
        f"{counted(len(problems), 'error')}"
    )
    value = {"problems": problems, "warnings": report.warnings, "files": report.files, "keys": report.keys}
    show(value, as_json=as_json, text="\n".join(lines))
    click.get_current_context().exit(SettingsProblem.exit_code if problems else 0)


@config.command()
@json_option
@click.pass_obj
def path(app: App, as_json: bool) -> None:
    """Say where settings, credentials, limits, state and cache live.

    \b
    Example:
      runner config path
    """
    paths = app.paths
    places = {
        "settings": paths.config_file,
        "credentials": paths.credentials_file,
        "limits": paths.allowance_file,
        "state": paths.state,
        "cache": paths.cache,
        "log": paths.log,
    }
    text = "\n".join(f"{name + ':':<13}{place}" for name, place in places.items())
    show(places, as_json=as_json, text=text)


@config.command("import")
@click.option("--overwrite", is_flag=True, help="Also over values that are set already.")
@json_option
@click.pass_obj
def import_config(app: App, overwrite: bool, as_json: bool) -> None:
    """Take over the settings of the seed system.

    Its file, ~/.core/agentic.yaml, stays as it is.

    \b
    Example:
      runner config import
    """
    from runner.settings.seed_import import import_seed

    done = import_seed(app.paths, app.environ, overwrite=overwrite)
    lines = [f"took over: {', '.join(done.wrote) or 'nothing new'}"]
    lines += [f"kept yours: {', '.join(done.kept)} (--overwrite replaces them)"] if done.kept else []
    lines += [f"left out: {safe(line)}" for line in done.left_out]
    show(done, as_json=as_json, text="\n".join(lines))


def limits_problems(app: App) -> list[str]:
    """Everything wrong with the limits file, one line each."""
    from runner.allowance.limits import limit_problems
    from runner.errors import SettingsProblem
    from runner.settings.files import read_file

    path = app.paths.allowance_file
    try:
        data = read_file(path)
    except SettingsProblem as error:
        return [str(error)]
    return [] if data is None else list(limit_problems(data.decode(errors="replace"), file_name=str(path)))
