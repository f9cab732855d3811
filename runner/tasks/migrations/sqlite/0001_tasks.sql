-- Tasks, their attempts and their events. Times are microseconds since 1970 UTC; lists are one member per line.

CREATE TABLE task (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,  -- the task T-<number>; never given twice
    project       TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    priority      TEXT    NOT NULL,
    labels        TEXT    NOT NULL,
    requires      TEXT    NOT NULL,
    files         TEXT    NOT NULL,                   -- path, first line, last line, with tabs between
    needs         TEXT    NOT NULL,                   -- the ids of task_need, in the order in which they were given
    max_attempts  INTEGER NOT NULL,
    model         TEXT,
    created_at    INTEGER NOT NULL,
    -- From here on a row changes.
    updated_at    INTEGER NOT NULL,
    status        TEXT    NOT NULL
        CHECK (status IN ('pending', 'in_progress', 'blocked', 'completed', 'failed', 'cancelled')),
    ready_at      INTEGER NOT NULL,
    order_key     INTEGER NOT NULL,                   -- ready_at and priority in one number, lowest first
    waiting       INTEGER NOT NULL,                   -- how many of its needs are not completed
    not_before    INTEGER,
    fence         INTEGER NOT NULL,
    claimed_by    TEXT,
    claimed_at    INTEGER,
    run_id        TEXT    NOT NULL,
    lease         INTEGER,                            -- its length
    lease_until   INTEGER,
    series        INTEGER NOT NULL,                   -- grows when it gets a fresh set of attempts
    attempts_used INTEGER NOT NULL,                   -- of this series
    progress      INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
    note          TEXT    NOT NULL,
    conversation  TEXT,
    fail_reason   TEXT    NOT NULL
);

-- What a claim looks through: the next ready task of one project, of any project, and those whose holder is gone.
CREATE INDEX task_next_of_project ON task (project, order_key, number) WHERE status = 'pending' AND waiting = 0;
CREATE INDEX task_next ON task (order_key, number) WHERE status = 'pending' AND waiting = 0;
CREATE INDEX task_lease ON task (lease_until) WHERE status = 'in_progress';

-- What a list goes through: open tasks in the order of the queue, then ended ones, the newest change first.
CREATE INDEX task_open ON task (order_key, number) WHERE status IN ('pending', 'in_progress', 'blocked');
CREATE INDEX task_ended ON task (updated_at, number) WHERE status IN ('completed', 'failed', 'cancelled');

-- Long texts stay out of the row that every heartbeat writes again.
CREATE TABLE task_text (
    task        INTEGER PRIMARY KEY REFERENCES task (number),
    description TEXT NOT NULL,
    question    TEXT NOT NULL,
    answer      TEXT NOT NULL
);

CREATE TABLE task_result (
    task      INTEGER PRIMARY KEY REFERENCES task (number),
    success   INTEGER NOT NULL,
    output    TEXT NOT NULL,
    error     TEXT NOT NULL,
    artifacts TEXT NOT NULL
);

CREATE TABLE task_label (
    task  INTEGER NOT NULL REFERENCES task (number),
    label TEXT    NOT NULL,
    PRIMARY KEY (task, label)
);

CREATE TABLE task_need (
    task INTEGER NOT NULL REFERENCES task (number),
    need INTEGER NOT NULL REFERENCES task (number),
    PRIMARY KEY (task, need)
);
CREATE INDEX task_need_back ON task_need (need);

CREATE TABLE task_attempt (
    task     INTEGER NOT NULL REFERENCES task (number),
    series   INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    outcome  TEXT    NOT NULL,
    cause    TEXT    NOT NULL,
    agent_id TEXT    NOT NULL,
    run_id   TEXT    NOT NULL,
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (task, series, attempt)
);

-- Answers that must be given again when a call is repeated: for a request id, and for the end of a lease.
CREATE TABLE task_request (
    request_id TEXT    PRIMARY KEY,
    at         INTEGER NOT NULL,
    content    TEXT    NOT NULL,                      -- a digest of what was asked
    task       INTEGER NOT NULL REFERENCES task (number),
    fence      INTEGER NOT NULL
);
CREATE INDEX task_request_at ON task_request (at);

CREATE TABLE task_ending (
    task  INTEGER NOT NULL REFERENCES task (number),
    fence INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    kind  TEXT    NOT NULL,                           -- complete or release
    reply TEXT    NOT NULL,                           -- the task as it was told then, in JSON, without its description
    PRIMARY KEY (task, fence)
);
CREATE INDEX task_ending_at ON task_ending (at);

CREATE TABLE task_event (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    task     INTEGER NOT NULL REFERENCES task (number),
    agent_id TEXT,
    data     TEXT    NOT NULL                         -- a JSON object of plain values
);
CREATE INDEX task_event_task ON task_event (task, seq);
