# SPDX-License-Identifier: Apache-2.0
"""Joining, and the newest policy: put together from chunks, believed only when
length and CRC-32C confirm it, asked for again otherwise."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import grpc
import numpy as np
import pytest
from tests.support.learners import ServedLearner, chunks, encode_snapshot
from tests.support.policies import schema, snapshot

from softfleet import InvalidPolicyError, Layer, Normaliser, RefusedError
from softfleet.channel import make_channel
from softfleet.codec import (
    DamagedError,
    ParameterAnswer,
    assemble,
    decode_snapshot,
)
from softfleet.learner_client import ParameterClient, join
from softfleet.wire import experience, learner, replay

FIRST = snapshot(schema(3, dimension=2))
SECOND = replace(FIRST, version=FIRST.version + 1)
DATA = encode_snapshot(FIRST).SerializeToString()


@pytest.fixture
def served() -> Iterator[ServedLearner]:
    with ServedLearner(FIRST) as one:
        yield one


@pytest.fixture
def client(served: ServedLearner) -> Iterator[ParameterClient]:
    channel = make_channel(served.address, None, False)
    made = ParameterClient(channel, "run-1")
    yield made
    made.close()
    channel.close()


def test_chunks_become_the_snapshot_they_were_cut_from() -> None:
    answer = assemble(chunks(DATA))
    assert answer == ParameterAnswer(DATA, replay.RUN_PHASE_RUNNING, 0)
    found = decode_snapshot(DATA)
    assert replace(found, tensors={}) == replace(FIRST, tensors={})
    for name, tensor in FIRST.tensors.items():
        np.testing.assert_array_equal(found.tensors[name], tensor)


def test_a_snapshot_brings_its_normaliser() -> None:
    normaliser = Normaliser(7.0, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    message = encode_snapshot(replace(FIRST, normaliser=normaliser))
    found = decode_snapshot(message.SerializeToString())
    assert found.normaliser == normaliser
    assert decode_snapshot(DATA).normaliser is None


def damaged(which: str) -> list[learner.ParameterChunk]:
    answer = chunks(DATA)
    if which == "a bit":
        piece = bytearray(answer[1].data)
        piece[7] ^= 4
        answer[1].data = bytes(piece)
    elif which == "a chunk is missing":
        del answer[1]
    elif which == "a chunk twice":
        answer.insert(1, answer[1])
    elif which == "the end is missing":
        del answer[-1]
    elif which == "more after the end":
        answer.append(answer[0])
    elif which == "unchanged after data":
        answer[-1] = learner.ParameterChunk(unchanged=True)
    elif which == "another length":
        answer[-1].total_bytes += 1
    elif which == "nothing":
        answer = []
    return answer


@pytest.mark.parametrize(
    "which",
    [
        "a bit",
        "a chunk is missing",
        "a chunk twice",
        "the end is missing",
        "more after the end",
        "unchanged after data",
        "another length",
        "nothing",
    ],
)
def test_damage_of_any_kind_is_noticed(which: str) -> None:
    with pytest.raises(DamagedError):
        assemble(damaged(which))


def test_bytes_that_are_no_snapshot_are_damage() -> None:
    with pytest.raises(DamagedError, match="are no snapshot"):
        decode_snapshot(b"\xff\xff\xff")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("dtype", "unknown dtype 'F8'"),
        ("data", "data has 3 bytes, F32[8, 3] has 96"),
        ("shape", "F32[-8, -3] has 96"),
        ("name", "has 300 bytes, more than 256"),
        ("twice", '"actor/l0.bias" appears twice'),
    ],
)
def test_a_tensor_that_contradicts_itself_is_named(
    field: str, message: str
) -> None:
    sent = encode_snapshot(FIRST)
    tensor = sent.tensors[0]
    if field == "dtype":
        tensor.dtype = "F8"
    elif field == "data":
        tensor.data = b"123"
    elif field == "shape":
        tensor.shape[:] = [-8, -3]
    elif field == "name":
        tensor.name = "a" * 300
    else:
        sent.tensors.append(sent.tensors[1])
    with pytest.raises(InvalidPolicyError) as error:
        decode_snapshot(sent.SerializeToString())
    assert message in str(error.value)


def test_the_newest_policy_is_at_hand(
    served: ServedLearner, client: ParameterClient
) -> None:
    first = client.wait_for_first(20)
    assert first is not None
    assert first.snapshot.version == FIRST.version
    served.publish(SECOND)
    served.wait_for(lambda: SECOND.version in served.asked)
    newest = client.latest()
    assert newest is not None
    assert newest.snapshot.version == SECOND.version
    assert served.asked[:2] == [0, FIRST.version]


def test_a_damaged_snapshot_is_never_seen_and_asked_for_again(
    served: ServedLearner, caplog: pytest.LogCaptureFixture
) -> None:
    ways = ["a bit", "the end is missing", "nothing"]
    served.damage = lambda answer: damaged(ways.pop()) if ways else answer
    channel = make_channel(served.address, None, False)
    client = ParameterClient(channel, "run-1")
    policy = client.wait_for_first(20)
    assert policy is not None
    assert served.asked[:4] == [0, 0, 0, 0]
    served.wait_for(lambda: FIRST.version in served.asked)
    assert "no new policy: a snapshot of" in caplog.text
    assert "policies arrive again" in caplog.text
    client.close()
    channel.close()


def test_versions_never_fall(
    served: ServedLearner,
    client: ParameterClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = client.wait_for_first(20)
    served.repeats = True
    served.publish(replace(FIRST, version=FIRST.version - 1))
    asked = len(served.asked)
    served.wait_for(lambda: len(served.asked) > asked + 1)
    assert client.latest() is first
    assert f"although {FIRST.version} is known" in caplog.text


def test_the_end_of_the_run_wakes_whoever_waits(served: ServedLearner) -> None:
    served.newest = None
    channel = make_channel(served.address, None, False)
    client = ParameterClient(channel, "run-1")
    served.wait_for(lambda: len(served.asked) > 0)
    served.end()
    assert client.wait_for_first(20) is None
    assert client.phase == replay.RUN_PHASE_FINISHED
    client.close()
    channel.close()


def test_a_policy_of_another_run_ends_the_client(
    served: ServedLearner, client: ParameterClient
) -> None:
    assert client.wait_for_first(20) is not None
    served.publish(replace(SECOND, run_id="run-2"))
    client._thread.join(20)
    with pytest.raises(RefusedError, match="serves run run-2 now"):
        client.latest()


def test_a_policy_that_cannot_be_interpreted_is_said_by_name(
    served: ServedLearner, client: ParameterClient
) -> None:
    assert client.wait_for_first(20) is not None
    layers = (Layer("gelu", ""), *FIRST.layers)
    served.publish(replace(SECOND, layers=layers))
    client._thread.join(20)
    with pytest.raises(InvalidPolicyError, match=r"layer 0 \(gelu\): unknown"):
        client.latest()


def test_joining_waits_for_the_learner_and_says_so_once(
    served: ServedLearner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    why = "no replay shard is attached to the run yet"
    served.refuses = [(grpc.StatusCode.UNAVAILABLE, why)] * 3
    channel = make_channel(served.address, None, False)
    assert join(channel, "robot-7").run_id == "run-1"
    channel.close()
    assert len(served.joined) == 4
    assert served.joined[0].role == learner.ROLE_ACTOR
    assert served.joined[0].protocol == experience.PROTOCOL_CURRENT
    assert served.joined[0].name == "robot-7"
    assert caplog.messages == [f"waiting for the learner: {why}"]


def test_a_learner_that_refuses_is_not_asked_again(
    served: ServedLearner,
) -> None:
    why = "speaks protocol 1, the learner 2: run the same version everywhere"
    served.refuses = [(grpc.StatusCode.FAILED_PRECONDITION, why)]
    channel = make_channel(served.address, None, False)
    with pytest.raises(RefusedError, match=why):
        join(channel, "robot-7")
    channel.close()
    assert len(served.joined) == 1
