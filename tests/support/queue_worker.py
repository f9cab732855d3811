"""A process that works on a queue, for tests that race or kill it: `python -m tests.support.queue_worker ...`.

Each line it prints is an acknowledgement: the queue said yes to that before.
"""

from __future__ import annotations

import sys
from pathlib import Path

from runner.errors import NothingToClaim
from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard, EmbeddedClaims
from runner.tasks.model import ClaimRequest, Ending, NewTask, Outcome
from runner.tasks.schema import TASKS

PROJECT = "widget"


def main(path: str, name: str, what: str, count: str) -> None:
    with Database(Path(path), schemas=(TASKS,), timeout_s=60.0) as database:
        claims, board = EmbeddedClaims(database), EmbeddedBoard(database)
        if what == "claim":
            claim_all(claims, name)
        elif what == "submit":
            submit(board, name, int(count))
        else:
            submit_and_complete(claims, board, name, int(count))


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def claim_all(claims: EmbeddedClaims, name: str) -> None:
    number = 0
    while True:
        try:
            claimed = claims.claim(ClaimRequest(agent_id=name, request_id=f"{name}-{number}"))
        except NothingToClaim:
            return
        say(claimed.task.id)
        number += 1


def submit(board: EmbeddedBoard, name: str, count: int) -> None:
    for number in range(count):
        task = board.create(NewTask(title=f"{name} {number}", project=PROJECT), request_id=f"{name}-{number}")
        say(task.id)


def submit_and_complete(claims: EmbeddedClaims, board: EmbeddedBoard, name: str, count: int) -> None:
    """Say what is stored now after each step: `pending T-1`, `in_progress T-1`, `completed T-1`."""
    for number in range(count):
        request_id = f"{name}-{number}"
        task = board.create(NewTask(title=request_id, project=name), request_id=request_id)
        say("pending", task.id)
        request = ClaimRequest(agent_id=name, request_id=f"{request_id}-claim", project=name, lease_s=3_600.0)
        claimed = claims.claim(request)
        say("in_progress", claimed.task.id)
        claims.complete(claimed.lease, Ending(outcome=Outcome.DONE))
        say("completed", claimed.task.id)


if __name__ == "__main__":
    main(*sys.argv[1:])
