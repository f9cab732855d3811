"""The settings of one run: work tree, context, checks, and what is delivered."""

from __future__ import annotations

from runner.settings import rules
from runner.settings.key import Key, Kind, Scope

TEXT, WHOLE, NUMBER, SWITCH, LIST = Kind.TEXT, Kind.WHOLE, Kind.NUMBER, Kind.SWITCH, Kind.LIST
STYLE, LOWER, TRUSTED = Scope.STYLE, Scope.LOWER, Scope.TRUSTED
DAY_S = 86_400

WORK = (
    Key(
        name="work_tree.setup",
        kind=LIST,
        default=(),
        scope=TRUSTED,
        separator="\n",
        rule=rules.command_line,
        doc="Programs that make a fresh work tree ready (dependencies), run without a shell.",
    ),
    Key(
        name="work_tree.copy",
        kind=LIST,
        default=(),
        scope=TRUSTED,
        rule=rules.inside_path,
        doc="Files and folders outside git that a fresh work tree gets from your checkout.",
    ),
    Key(
        name="work_tree.setup_timeout_s",
        kind=NUMBER,
        default=600.0,
        scope=LOWER,
        lowest=1,
        highest=DAY_S,
        doc="Seconds after which one set-up program is ended.",
    ),
    Key(
        name="context.budget_tokens",
        kind=WHOLE,
        default=8000,
        scope=LOWER,
        highest=1_000_000,
        doc="Tokens of related code a prompt may hold.",
    ),
    Key(
        name="context.exclude",
        kind=LIST,
        default=(),
        scope=STYLE,
        adds=True,
        rule=rules.single_line,
        doc="Patterns of files that never enter a prompt as related code; files and layers add up.",
    ),
    Key(
        name="prompts.folder",
        kind=TEXT,
        default=".runner/prompts",
        scope=TRUSTED,
        rule=rules.inside_path,
        doc="Where a repository keeps its own prompts.",
    ),
)

CHECKS = (
    Key(
        name="checks.commands",
        kind=LIST,
        default=(),
        scope=TRUSTED,
        separator="\n",
        rule=rules.command_line,
        doc="The project's own checks; each is a program with arguments, run without a shell.",
    ),
    Key(
        name="checks.timeout_s",
        kind=NUMBER,
        default=600.0,
        scope=LOWER,
        lowest=1,
        highest=DAY_S,
        doc="Seconds after which one check is ended and counts as red.",
    ),
    Key(
        name="checks.repairs",
        kind=WHOLE,
        default=2,
        scope=LOWER,
        highest=20,
        doc="How often checks that turned red go back to claude.",
    ),
    Key(
        name="checks.on_red",
        kind=TEXT,
        default="draft",
        scope=STYLE,
        choices=("draft", "none"),
        doc="What is opened when checks stay red: a draft with the evidence, or nothing.",
    ),
    Key(
        name="checks.network",
        kind=SWITCH,
        default=True,
        scope=LOWER,
        doc="Whether checks reach the network; if not, they need `bwrap`, and are refused where it is missing.",
    ),
    Key(
        name="hooks.network",
        kind=SWITCH,
        default=True,
        scope=LOWER,
        doc="Whether git hooks of a run reach the network; if not, they need `bwrap`, as checks do.",
    ),
    Key(
        name="process.environment",
        kind=LIST,
        default=(),
        rule=rules.variable,
        doc="More environment variables that checks, set-up and hooks may see, by name or as PREFIX_*.",
    ),
)

DELIVERY = (
    Key(
        name="pull_request.base",
        kind=TEXT,
        default=None,
        scope=STYLE,
        rule=rules.branch_name,
        doc="The branch to start from and to ask for a pull; without one, the remote's default.",
    ),
    Key(
        name="pull_request.draft",
        kind=SWITCH,
        default=False,
        scope=STYLE,
        doc="Open every pull request as a draft.",
    ),
    Key(
        name="pull_request.labels",
        kind=LIST,
        default=(),
        scope=STYLE,
        rule=rules.label,
        doc="Labels for every pull request.",
    ),
    Key(
        name="commit.co_author",
        kind=TEXT,
        default="Claude <noreply@anthropic.com>",
        scope=TRUSTED,
        rule=rules.person,
        doc="The co-author trailer, `Name <mail>`; an empty text leaves it out.",
    ),
    Key(
        name="commit.sign_off",
        kind=SWITCH,
        default=False,
        scope=TRUSTED,
        doc="Add your Signed-off-by line; it certifies in your name, so a project must be trusted to ask.",
    ),
    Key(
        name="branch.prefix",
        kind=TEXT,
        default=None,
        scope=STYLE,
        rule=rules.branch_name,
        doc="The first part of branch names; without one, the kind of change: feat, fix, docs, ...",
    ),
)

PROTECTION = (
    Key(
        name="protect.paths",
        kind=LIST,
        default=(),
        scope=STYLE,
        adds=True,
        rule=rules.path_pattern,
        doc="More patterns of files that an agent's change may not touch without your word; files and layers add up.",
    ),
    Key(
        name="protect.allow",
        kind=LIST,
        default=(),
        scope=TRUSTED,
        rule=rules.path_pattern,
        doc="Patterns of protected files that an agent may change after all.",
    ),
)

KEEPING = (
    Key(
        name="keep.runs",
        kind=WHOLE,
        default=50,
        highest=100_000,
        doc="Finished runs that are kept; `runner clean` removes older ones.",
    ),
    Key(
        name="keep.days",
        kind=WHOLE,
        default=30,
        highest=36_500,
        doc="Days a finished run is kept.",
    ),
    Key(
        name="keep.size_mb",
        kind=WHOLE,
        default=2000,
        highest=10_000_000,
        doc="Megabytes that finished runs and their work trees may take.",
    ),
)
