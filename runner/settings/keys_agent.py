"""The settings of an agent: who it is, its queue, and the claude it runs."""

from __future__ import annotations

from runner.settings import rules
from runner.settings.key import Key, Kind, Scope
from runner.settings.urls import url_fault

TEXT, WHOLE, NUMBER, SWITCH, LIST = Kind.TEXT, Kind.WHOLE, Kind.NUMBER, Kind.SWITCH, Kind.LIST
STYLE, LOWER, TRUSTED = Scope.STYLE, Scope.LOWER, Scope.TRUSTED
DAY_S = 86_400

WHO = (
    Key(
        name="agent_id",
        kind=TEXT,
        default=None,
        rule=rules.agent_name,
        seed_variable="AGENTIC_AGENT_ID",
        doc="The name this runner claims tasks under; without one, user@host.",
    ),
    Key(
        name="project",
        kind=TEXT,
        default=None,
        scope=TRUSTED,
        rule=rules.project_name,
        seed_variable="AGENTIC_PROJECT",
        doc="The project whose tasks are claimed; without one, the address of the remote, else the folder.",
    ),
    Key(
        name="base_url",
        kind=TEXT,
        default=None,
        rule=url_fault,
        seed_variable="AGENTIC_BASE_URL",
        doc="The shared task API; without one, the queue on this machine.",
    ),
    Key(
        name="capabilities",
        kind=LIST,
        default=(),
        rule=rules.word,
        doc="What this agent can do; a task that requires more is left to others.",
    ),
)

CLAUDE = (
    Key(
        name="claude.program",
        kind=TEXT,
        default="claude",
        rule=rules.single_line,
        doc="The `claude` program: a name on PATH or a whole path.",
    ),
    Key(
        name="claude.model",
        kind=TEXT,
        default=None,
        scope=TRUSTED,
        rule=rules.single_line,
        doc="The model to run with; without one, the program's own choice.",
    ),
    Key(
        name="claude.recording",
        kind=TEXT,
        default=None,
        rule=rules.whole_path,
        doc="The folder of a recorded run that is replayed instead of asking claude.",
    ),
    Key(
        name="claude.max_turns",
        kind=WHOLE,
        default=50,
        scope=LOWER,
        lowest=1,
        highest=10_000,
        doc="Turns after which a run of claude ends.",
    ),
    Key(
        name="claude.timeout_s",
        kind=NUMBER,
        default=1800.0,
        scope=LOWER,
        lowest=1,
        highest=DAY_S,
        doc="Seconds after which a run of claude is ended.",
    ),
    Key(
        name="claude.silence_s",
        kind=NUMBER,
        default=660.0,
        lowest=1,
        highest=DAY_S,
        doc="Seconds without a word from claude, while no tool runs, after which it has hung and is ended.",
    ),
    Key(
        name="claude.environment",
        kind=LIST,
        default=(),
        rule=rules.variable,
        doc="More environment variables that claude may see, by name or as PREFIX_*.",
    ),
    Key(
        name="claude.rules",
        kind=LIST,
        default=(),
        scope=TRUSTED,
        separator="\n",
        rule=rules.single_line,
        doc="What claude may do without asking, besides editing and the checks: `Bash(npm test *)`.",
    ),
)

QUEUE = (
    Key(
        name="task.lease_s",
        kind=NUMBER,
        default=60.0,
        lowest=3,
        highest=DAY_S,
        doc="Seconds a claim holds without a sign of life.",
    ),
    Key(
        name="task.max_attempts",
        kind=WHOLE,
        default=3,
        scope=LOWER,
        lowest=1,
        highest=100,
        doc="Attempts a new task gets before it is a dead letter.",
    ),
    Key(
        name="log.level",
        kind=TEXT,
        default="warning",
        choices=("debug", "info", "warning", "error"),
        variable="RUNNER_LOG",
        doc="The least serious thing that is logged.",
    ),
)
