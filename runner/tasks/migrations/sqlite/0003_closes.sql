-- The issues that a task's pull request closes when it is merged, one per line.

ALTER TABLE task ADD COLUMN closes TEXT NOT NULL DEFAULT '';
