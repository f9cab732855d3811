"""Carries out commands in one transaction, each in a savepoint: one bad command spoils none of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from runner.errors import RunnerError
from runner.storage.protocol import Store
from runner.storage.times import microseconds, seconds
from runner.tasks import claiming, commands, creating, holding, repeats, steering
from runner.tasks.commands import Command, Reply
from runner.tasks.endings import bury_lost
from runner.tasks.ordering import AGEING_S
from runner.tasks.stepping import Steady, follow
from runner.tasks.work import Work

_HANDLERS: Mapping[type, Callable[[Work, Any], Reply]] = MappingProxyType(
    {
        commands.CreateTask: creating.create,
        commands.ClaimTask: claiming.claim,
        commands.RenewLease: holding.renew,
        commands.CompleteTask: holding.complete,
        commands.ReleaseLease: holding.release,
        commands.UpdateTask: steering.update,
        commands.FinishTask: steering.finish,
        commands.CancelTask: steering.cancel,
        commands.RequeueTask: steering.requeue,
        commands.TakeBack: steering.take_back,
        commands.AnswerTask: steering.answer,
    }
)


def execute(
    store: Store,
    batch: Sequence[Command],
    *,
    now: Callable[[], datetime],
    jitter: Callable[[], float],
    ageing_s: float = AGEING_S,
    steady: Callable[[], Steady] | None = None,
) -> tuple[Reply, ...]:
    """Carry out the commands in their order; their replies, in that order, are durable when this returns.

    `now` is asked once, inside the transaction: the store's clock alone decides leases. `steady` is a clock that
    nobody sets, which tells when the other one was; None believes that it never is.

    Raises:
        Busy, StoreFailed: the store did not take them; nothing of the batch was acknowledged.
    """
    with store.transaction() as tx:
        work = Work(tx=tx, now=microseconds(now()), ageing=seconds(ageing_s), jitter=jitter)
        if steady is not None:
            follow(work, steady())
        _keep_house(work, batch)
        return tuple(_one(work, command) for command in batch)


def _keep_house(work: Work, batch: Sequence[Command]) -> None:
    """What must be true before a command looks; outside their savepoints, so that it stays if they fail."""
    repeats.forget_old(work)
    claims = [command.request.request_id for command in batch if isinstance(command, commands.ClaimTask)]
    if claims:
        bury_lost(work, claims=claims)


def _one(work: Work, command: Command) -> Reply:
    try:
        with work.tx.savepoint():
            return _HANDLERS[type(command)](work, command)
    except RunnerError as error:
        return error
