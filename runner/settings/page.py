"""`docs/settings.md`, made from the table of keys; a test keeps it up to date. Pure."""

from __future__ import annotations

from runner.settings.key import Key, Kind, Scope, Value
from runner.settings.keys import KEYS

HEAD = """\
# Settings

Made from the table in `runner/settings/keys.py`; do not edit. To make it anew:

    python -c 'from runner.settings.page import settings_page; print(settings_page(), end="")' > docs/settings.md

## Where a value comes from

Later ones win. `runner config show --origin` tells for each key.

1. built-in
2. the seed system's `~/.core/agentic.yaml` (`base_url`, `token`, `default_project`, `agent_id`);
   `runner config import` turns it into the files below
3. `$XDG_CONFIG_HOME/runner/config.toml`, yours; `runner config set KEY VALUE` changes it ("" takes a key out)
4. its tables `[profile.NAME]`, chosen with `--profile NAME` or `RUNNER_PROFILE`
5. `.runner.toml` at the top of the repository
6. `AGENTIC_PROJECT` and `AGENTIC_AGENT_ID` in a `.env` of the folder you are in; one that git tracks came from others,
   and needs `runner trust` (for these lines, not for the rest of the file)
7. the environment: the variable of each key (an empty one is not set)
8. flags

A list on one line (environment, `config set`) is split at commas, lists of commands at line ends; a value that begins
with `[` is read as a TOML list. Every key and value is checked: whatever is wrong is told with file, line and key, all
at once. `runner config validate` does nothing else, and looks at all profiles, the credentials and the trust file too.

## What a repository may set

| word in the table | meaning |
| --- | --- |
| style | any repository |
| lower | any repository; until it is trusted only to a smaller number than would hold without it, or to false |
| trusted | only a repository that you trust; else ignored, with a warning |
| no | never; such a key in `.runner.toml` is an error |

`runner trust` trusts the `.runner.toml` and the prompts folder of a repository as they are, in all its work trees: by
the SHA-256 of every file. A file that changes asks again; one that changes back does not. `runner trust --list` and
`--revoke` show and end it. A run follows these files as they are in the commit it starts from, as far as that content
is trusted, and not as they lie in the checkout; `runner trust --rev COMMIT` trusts a commit's. An address or a token is
never taken from a repository, also not from its `.env`.

## Tokens

`credentials.toml` beside `config.toml`, mode 0600 (it is refused when others can read it):

```toml
[origin."https://queue.example.org:443"]
token = "..."
```

A token goes only to the scheme, host and port it is bound to. `RUNNER_TOKEN` (or `AGENTIC_TOKEN`) belongs to the
`base_url` that holds. Plain http is for this machine only.

## Keys
"""


def settings_page() -> str:
    """The whole page, as Markdown."""
    groups = dict.fromkeys(_group(key) for key in KEYS.values())
    return HEAD + "".join(_section(group) for group in groups)


def _section(group: str) -> str:
    rows = "".join(_row(key) for key in KEYS.values() if _group(key) == group)
    title = f"### `[{group}]`" if group else "### At the top of the file"
    return f"\n{title}\n\n| key | value | default | repository | environment |\n| --- | --- | --- | --- | --- |\n{rows}"


def _group(key: Key) -> str:
    return key.name.rpartition(".")[0]


def _row(key: Key) -> str:
    variables = ", ".join(f"`{name}`" for name in key.variables)
    scope = "no" if key.scope is Scope.USER else key.scope.value
    name = key.name.rpartition(".")[2]
    words = f"{key.doc} {_wants(key)}".strip()
    return f"| `{name}` | {words} | {_default(key.default)} | {scope} | {variables} |\n"


def _wants(key: Key) -> str:
    return "" if key.kind is Kind.TEXT and not key.choices else f"{key.wants[0].upper()}{key.wants[1:]}."


def _default(value: Value) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return (
        f'`"{value}"`'
        if isinstance(value, str)
        else f"`{value:g}`"
        if isinstance(value, float)
        else f"`{value}`"
    )
