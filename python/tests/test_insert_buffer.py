# SPDX-License-Identifier: Apache-2.0
"""The numbering, resuming and accounting of batches, without sockets: single
rules, and thousands of random histories against a shard of plain lists."""

import random
from dataclasses import dataclass, field

import pytest

from softfleet import Counts, SoftfleetError
from softfleet.insert_buffer import InsertBuffer
from softfleet.wire import experience, replay


def block(step: int, rows: int = 1, size: int = 40) -> experience.StepBlock:
    return experience.StepBlock(
        first_step=step, rows=rows, actions=bytes(max(size, 1))
    )


def welcome(
    last_seq: int = 0,
    session_rows: int = 0,
    credit: int = 1 << 20,
    max_batch: int = 1 << 20,
    rejected: list[replay.Rejection] | None = None,
) -> replay.Welcome:
    return replay.Welcome(
        last_seq=last_seq,
        session_rows=session_rows,
        credit_bytes=credit,
        max_batch_bytes=max_batch,
        rejected=rejected or [],
    )


def acknowledge(
    durable: int, credit: int = 1 << 20, refuse: tuple[int, ...] = ()
) -> replay.Acknowledgement:
    return replay.Acknowledgement(
        applied=durable,
        durable=durable,
        credit_bytes=credit,
        rejected=[replay.Rejection(seq=seq, reason="no") for seq in refuse],
    )


def buffer() -> InsertBuffer:
    return InsertBuffer(pending_rows=1000, buffer_bytes=1 << 20)


def send_all(of: InsertBuffer) -> list[replay.Batch]:
    sent = []
    while (request := of.next_batch()) is not None:
        sent.append(request.batch)
    return sent


def test_blocks_that_wait_together_are_one_batch() -> None:
    kept = buffer()
    for step in range(5):
        kept.append(block(step))
    assert kept.next_batch() is None  # no stream has been opened
    assert kept.open(welcome())
    (batch,) = send_all(kept)
    assert batch.seq == 1
    assert [b.first_step for b in batch.blocks] == [0, 1, 2, 3, 4]
    kept.append(block(5))
    assert [b.seq for b in send_all(kept)] == [2]


def test_after_a_reconnect_what_the_shard_lacks_is_sent_with_its_number() -> (
    None
):
    kept = buffer()
    assert kept.open(welcome())
    for step in range(3):
        kept.append(block(step))
        send_all(kept)
    assert kept.open(welcome(last_seq=1, session_rows=1))
    assert [(b.seq, b.blocks[0].first_step) for b in send_all(kept)] == [
        (2, 1),
        (3, 2),
    ]
    kept.acknowledge(acknowledge(3))
    assert kept.counts() == Counts(appended=3, acknowledged=3)


def test_a_shard_that_has_forgotten_is_a_loss_and_a_new_session() -> None:
    kept = buffer()
    assert kept.open(welcome())
    for step in range(3):
        kept.append(block(step))
        send_all(kept)
    kept.acknowledge(acknowledge(2))
    assert not kept.open(welcome())
    assert kept.counts().lost == 2
    assert kept.open(welcome())
    assert [(b.seq, b.blocks[0].first_step) for b in send_all(kept)] == [(1, 2)]


def test_a_rejected_batch_uses_its_number_up_and_is_counted() -> None:
    kept = buffer()
    assert kept.open(welcome())
    for step in range(3):
        kept.append(block(step, rows=2))
        send_all(kept)
    kept.acknowledge(acknowledge(2, refuse=(2,)))
    assert kept.take_rejections() == ["batch 2 of 2 rows: no"]
    kept.acknowledge(acknowledge(3, refuse=(2,)))
    assert kept.take_rejections() == []
    assert kept.counts() == Counts(appended=6, acknowledged=4, rejected=2)


def test_a_rejection_that_nobody_heard_of_is_found_at_the_next_welcome() -> (
    None
):
    kept = buffer()
    assert kept.open(welcome())
    for step in range(2):
        kept.append(block(step, rows=3))
        send_all(kept)
    told = [replay.Rejection(seq=1, reason="NaN")]
    assert kept.open(welcome(2, session_rows=3, rejected=told))
    assert kept.take_rejections() == ["batch 1 of 3 rows: NaN"]
    assert kept.counts() == Counts(appended=6, acknowledged=3, rejected=3)

    kept.append(block(2, rows=3))
    send_all(kept)
    assert kept.open(welcome(3, session_rows=3))  # refused, and not told why
    (reason,) = kept.take_rejections()
    assert reason.startswith("3 rows; the connection broke")
    assert kept.counts().rejected == 6


def test_never_more_than_the_credit_is_on_the_way() -> None:
    kept = buffer()
    for step in range(10):
        kept.append(block(step, size=100))
    assert kept.open(welcome(credit=400))
    first = send_all(kept)
    assert 0 < len(first[0].blocks) < 10
    assert kept.unacknowledged_bytes <= 400
    kept.acknowledge(acknowledge(first[-1].seq, credit=400))
    assert send_all(kept)


def test_after_a_reconnect_with_less_credit_less_is_on_the_way() -> None:
    kept = buffer()
    assert kept.open(welcome())
    for step in range(3):
        kept.append(block(step, size=100))
        send_all(kept)
    assert kept.open(welcome(credit=350))
    assert [b.seq for b in send_all(kept)] == [1, 2]
    kept.acknowledge(acknowledge(1, credit=350))
    assert [b.seq for b in send_all(kept)] == [3]


def test_what_is_sent_again_is_judged_again() -> None:
    kept = buffer()
    assert kept.open(welcome())
    kept.append(block(0))
    send_all(kept)
    refusal = acknowledge(0, refuse=(1,))  # applied, and not durable
    refusal.applied = 1
    kept.acknowledge(refusal)
    assert kept.open(welcome())  # the shard has lost that it had refused it
    send_all(kept)
    kept.acknowledge(acknowledge(1))
    assert kept.counts() == Counts(appended=1, acknowledged=1)


def test_a_block_that_no_batch_can_carry_is_rejected_and_the_rest_goes() -> (
    None
):
    kept = buffer()
    kept.append(block(0, rows=4, size=3000))
    kept.append(block(1))
    assert kept.open(welcome(max_batch=1000))
    assert [b.blocks[0].first_step for b in send_all(kept)] == [1]
    (reason,) = kept.take_rejections()
    assert "limit of 1000 bytes; set actor.block_rows lower" in reason
    assert kept.counts().rejected == 4


def test_full_is_a_bound_of_rows_and_one_of_bytes() -> None:
    rows = InsertBuffer(pending_rows=4, buffer_bytes=1 << 20)
    rows.append(block(0, rows=3))
    assert not rows.full
    rows.append(block(1, rows=3))
    assert rows.full
    size = InsertBuffer(pending_rows=1000, buffer_bytes=500)
    size.append(block(0, size=400))
    assert not size.full
    size.append(block(1, size=400))
    assert size.full


def test_an_acknowledgement_of_what_was_never_sent_is_an_error() -> None:
    kept = buffer()
    assert kept.open(welcome())
    kept.append(block(0))
    send_all(kept)
    with pytest.raises(SoftfleetError, match="acknowledges batch 2, the last"):
        kept.acknowledge(acknowledge(2))
    assert kept.counts().pending == 1


@dataclass
class Shard:
    """What the protocol asks of one, with lists."""

    stored: list[int] = field(default_factory=list)  # first_step of blocks
    rows: int = 0  # of the session
    last: int = 0
    rejected: list[replay.Rejection] = field(default_factory=list)
    unheard: list[replay.Rejection] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    def take(self, batch: replay.Batch, refuse: bool) -> None:
        if batch.seq <= self.last:
            return
        assert batch.seq == self.last + 1
        self.last = batch.seq
        if refuse:
            rejection = replay.Rejection(seq=batch.seq, reason="no")
            self.rejected = [*self.rejected, rejection][-2:]
            self.unheard.append(rejection)
            self.refused |= {b.first_step for b in batch.blocks}
        else:
            self.stored += [b.first_step for b in batch.blocks]
            self.rows += sum(b.rows for b in batch.blocks)

    def acknowledge(self, credit: int) -> replay.Acknowledgement:
        told, self.unheard = self.unheard, []
        return replay.Acknowledgement(
            applied=self.last,
            durable=self.last,
            credit_bytes=credit,
            rejected=told,
        )

    def restart(self) -> None:
        self.last = self.rows = 0
        self.rejected, self.unheard = [], []


@pytest.mark.parametrize("seed", range(300))
def test_any_history_stores_every_row_once(seed: int) -> None:
    draw = random.Random(seed)
    kept = InsertBuffer(pending_rows=1 << 30, buffer_bytes=1 << 30)
    shard = Shard()
    line: list[replay.Batch] = []  # on the way
    restarts = steps = 0

    def connect() -> None:
        line.clear()
        shard.unheard = []
        hello = welcome(
            shard.last,
            shard.rows,
            draw.choice([600, 1 << 20]),
            500,
            shard.rejected,
        )
        if not kept.open(hello):
            shard.restart()
            assert kept.open(welcome(credit=1 << 20, max_batch=500))

    connect()
    for _ in range(draw.randrange(200)):
        action = draw.randrange(20)
        if action < 8:
            kept.append(block(steps, draw.randrange(1, 5), draw.randrange(200)))
            steps += 1
        elif action < 12:
            if (request := kept.next_batch()) is not None:
                copy = replay.Batch()
                copy.CopyFrom(request.batch)
                line.append(copy)
        elif action < 16 and line:
            shard.take(line.pop(0), refuse=draw.random() < 0.1)
        elif action < 18:
            kept.acknowledge(shard.acknowledge(draw.choice([600, 1 << 20])))
        elif action == 18:
            connect()
        elif draw.random() < 0.2:
            restarts += 1
            shard.restart()
            connect()

    connect()
    while (request := kept.next_batch()) is not None or not kept.empty:
        if request is not None:
            shard.take(request.batch, refuse=False)
        kept.acknowledge(shard.acknowledge(1 << 20))
    counts = kept.counts()
    assert counts.pending == 0
    assert counts.appended == counts.acknowledged + counts.rejected
    if restarts == 0:
        assert len(shard.stored) == len(set(shard.stored))
        assert counts.lost == 0
    assert {*shard.stored, *shard.refused} == {*range(steps)}
    in_order = [s for s in shard.stored]
    assert in_order == sorted(in_order) or restarts > 0
