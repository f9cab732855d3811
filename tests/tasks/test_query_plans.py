"""What a claim costs: how many rows its statements look at."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import pytest

from runner.storage.database import Database
from runner.storage.protocol import Row, Value, Writing
from runner.storage.times import microseconds
from runner.tasks.claiming import claim as take
from runner.tasks.commands import ClaimTask
from runner.tasks.endings import bury_lost
from runner.tasks.model import ClaimRequest
from runner.tasks.repeats import forget_old
from runner.tasks.work import Work
from tests.support.queues import PROJECT, START
from tests.tasks.batches import carry_out, create


class Eavesdropper:
    """A transaction that remembers what was asked in it."""

    def __init__(self, tx: Writing) -> None:
        self._tx = tx
        self.asked: list[tuple[str, tuple[Value, ...]]] = []

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        self.asked.append((sql, tuple(parameters)))
        return self._tx.row(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        self.asked.append((sql, tuple(parameters)))
        return self._tx.rows(sql, parameters)

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        self.asked.append((sql, tuple(parameters)))
        return self._tx.run(sql, parameters)

    def insert(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        return self._tx.insert(sql, parameters)

    def savepoint(self) -> AbstractContextManager[None]:
        return self._tx.savepoint()


@pytest.mark.parametrize("project", [None, PROJECT])
def test_a_claim_looks_at_no_more_rows_than_it_needs(database: Database, project: str | None) -> None:
    carry_out(database, create("one", "r-1"))
    request = ClaimRequest(agent_id="ada", request_id="r-2", project=project)

    with database.transaction() as tx:
        heard = Eavesdropper(tx)
        work = Work(tx=heard, now=microseconds(START), ageing=0, jitter=lambda: 1.0)
        forget_old(work)
        bury_lost(work)
        take(work, ClaimTask(request=request))
        plans = {sql: tx.rows(f"EXPLAIN QUERY PLAN {sql}", parameters) for sql, parameters in heard.asked}

    assert len(plans) > 6
    for sql, steps in plans.items():
        for step in steps:
            assert "SCAN" not in step[3] or "USING INDEX" in step[3], sql
            assert "TEMP B-TREE" not in step[3] or "lease_until" in sql, sql
