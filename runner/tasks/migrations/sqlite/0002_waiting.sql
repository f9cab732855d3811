-- Why a task waits, steps of the clock, and what is kept of tasks that ended long ago.

-- A value of ParkedFor; empty for a task that was not parked since its last claim.
ALTER TABLE task ADD COLUMN parked_for TEXT NOT NULL DEFAULT '';

-- The clock on the wall against one that nobody sets, at the last look; the difference tells a step of the first.
CREATE TABLE task_clock (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    boot   TEXT    NOT NULL,                          -- steady times of two boots cannot be compared
    steady INTEGER NOT NULL,
    wall   INTEGER NOT NULL
);

-- What is left of a task whose row and events are gone.
CREATE TABLE task_archive (
    number      INTEGER PRIMARY KEY,                  -- the task T-<number>
    archived_at INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    task        TEXT    NOT NULL                      -- in JSON, its long texts cut
);

-- Before a task goes, nobody may be able to repeat a request for it.
CREATE INDEX task_request_task ON task_request (task);
