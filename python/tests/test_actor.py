# SPDX-License-Identifier: Apache-2.0
"""The Actor between a learner and a shard on real sockets that do what the
test says; test_cluster.py runs it with the real programs."""

import threading
from dataclasses import replace
from typing import Any

import grpc
import numpy as np
import pytest
from tests.support.environments import Counter
from tests.support.learners import ServedLearner, end_after
from tests.support.policies import POLICY, schema, snapshot
from tests.support.shards import ServedShard

import softfleet
from softfleet.wire import replay, run


def test_a_run_is_acted_in_to_its_end(
    learner: ServedLearner, shard: ServedShard
) -> None:
    environment = Counter()
    actor = softfleet.Actor(learner.address, name="robot-7")
    ending = end_after(learner, shard, 200)
    actor.run(environment)
    ending.join()
    assert not actor.running
    assert actor.steps == len(environment.actions) >= 200
    assert actor.counts == softfleet.Counts(
        appended=actor.steps, acknowledged=actor.steps
    )
    rows = shard.rows()
    assert rows == [(5 << 16, t // 5, t % 5) for t in range(actor.steps)]
    assert shard.byes == 1
    assert shard.hellos[0].client == "robot-7"
    assert environment.seeds[0] is not None
    assert {*environment.seeds[1:]} == {None}


def test_what_was_acted_on_is_what_was_sent(
    learner: ServedLearner, shard: ServedShard
) -> None:
    environment = Counter(length=3)
    actor = softfleet.Actor(learner.address)
    ending = end_after(learner, shard, 30)
    actor.run(environment)
    ending.join()
    actions = np.concatenate(
        [np.frombuffer(block.actions, "<f4") for block in shard.blocks]
    )
    in_units = -2 + (actions.astype(np.float64) + 1) * 4
    np.testing.assert_allclose(in_units, np.ravel(environment.actions), 1e-6)
    assert len({*actions}) > 20  # sampled
    block = shard.blocks[0]
    states = np.frombuffer(block.observations[0], "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(states, [[1, t] for t in range(4)])
    assert block.first_policy_version == POLICY.version


def test_actions_are_chosen_at_the_newest_observation(
    learner: ServedLearner, shard: ServedShard
) -> None:
    weights = np.array([[0, 0.1], [0, 0]], "<f4")  # mean, then log_std
    bias = np.array([0, -20], "<f4")
    tensors = {"actor/out.weight": weights, "actor/out.bias": bias}
    learner.publish(snapshot(POLICY.schema, [0, 0], tensors=tensors))
    environment = Counter()
    actor = softfleet.Actor(learner.address)
    ending = end_after(learner, shard, 20)
    actor.run(environment)
    ending.join()
    np.testing.assert_allclose(
        np.ravel(environment.actions[:5]),
        np.tanh(0.1 * np.arange(5)),
        atol=1e-6,
    )


def test_the_warm_up_is_uniform_and_says_so(
    learner: ServedLearner, shard: ServedShard
) -> None:
    learner.publish(replace(POLICY, act_uniformly=True))
    environment = Counter()
    actor = softfleet.Actor(learner.address)
    ending = end_after(learner, shard, 1000)
    actor.run(environment)
    ending.join()
    assert {block.first_policy_version for block in shard.blocks} == {0}
    shares = (np.ravel(environment.actions) + 2) / 8
    n = len(shares)
    assert abs(shares.mean() - 0.5) < 4 * np.sqrt(1 / 12 / n)
    assert abs(np.mean(shares < 0.1) - 0.1) < 4 * np.sqrt(0.09 / n)


def test_the_newest_policy_is_taken_between_steps(
    learner: ServedLearner, shard: ServedShard
) -> None:
    with softfleet.Actor(learner.address) as actor:
        actor.begin([0, 0])
        actor.act()
        learner.publish(replace(POLICY, version=POLICY.version + 1))
        learner.wait_for(lambda: POLICY.version + 1 in learner.asked)
        actor.record(1.0, [0, 1])
        actor.act()
        actor.record(1.0, [0, 2], truncated=True)
    (block,) = shard.blocks
    assert block.first_policy_version == POLICY.version
    assert block.last_policy_version == POLICY.version + 1


def test_a_block_is_cut_when_it_is_old(
    learner: ServedLearner,
    shard: ServedShard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("softfleet.actor.time.monotonic", lambda: now[0])
    learner.reply.config.actor.block_seconds = 0.25
    with softfleet.Actor(learner.address) as actor:
        actor.begin([0, 0])
        for t, seconds in enumerate([0.1, 0.1, 0.1, 0.3, 0.01]):
            actor.act()
            now[0] += seconds
            actor.record(0.0, [0, t + 1])
    assert [block.rows for block in shard.blocks] == [3, 1, 1]


def test_an_episode_that_is_given_up_keeps_its_rows(
    learner: ServedLearner, shard: ServedShard
) -> None:
    with softfleet.Actor(learner.address) as actor:
        for episode in range(2):
            actor.begin([episode, 0])
            actor.act()
            actor.record(0.0, [episode, 1])
    environment = 5 << 16
    assert shard.rows() == [(environment, 0, 0), (environment, 1, 0)]
    assert {block.end for block in shard.blocks} == {0}


def test_a_reward_that_is_not_finite_is_refused_before_it_is_sent(
    learner: ServedLearner, shard: ServedShard
) -> None:
    class Broken(Counter):
        def step(self, action: Any) -> Any:
            observation, reward, *rest = super().step(action)
            nan = self.episodes == 2 and self.step_in_episode == 3
            return (observation, np.nan if nan else reward, *rest)

    actor = softfleet.Actor(learner.address)
    with pytest.raises(
        softfleet.InvalidStepError,
        match=r"reward is nan, not finite \(episode 1, step 2\)",
    ):
        actor.run(Broken())
    assert len(shard.rows()) == actor.steps == 7
    assert actor.counts.rejected == 0
    assert shard.byes == 1


def test_a_wrong_value_can_be_corrected(
    learner: ServedLearner, shard: ServedShard
) -> None:
    with softfleet.Actor(learner.address) as actor:
        actor.begin([0, 0])
        actor.act()
        with pytest.raises(softfleet.InvalidStepError, match="is inf"):
            actor.record(0.0, [0, np.inf])
        actor.record(0.0, [0, 1])
    assert len(shard.rows()) == 1


def test_what_was_executed_instead_is_what_is_sent_and_marked(
    learner: ServedLearner, shard: ServedShard
) -> None:
    with softfleet.Actor(learner.address) as actor:
        actor.begin([0, 0])
        chosen = []
        for step, executed in enumerate([None, [4.0], [9.0], None], 1):
            chosen.append(actor.act())
            actor.record(0.0, [0, step], executed=executed)
        actor.act()
        with pytest.raises(softfleet.InvalidStepError, match="is .nan"):
            actor.record(0.0, [0, 5], executed=[np.nan])
    (block,) = shard.blocks
    assert block.row_flags == bytes([0, 1, 1, 0])
    first, *middle, last = np.frombuffer(block.actions, "<f4")
    assert middle == [0.5, 1.0]  # of [-2, 6]; beyond it counts as the bound
    assert actor.policy.to_environment([first]) == chosen[0]
    assert actor.policy.to_environment([last]) == chosen[3]


def test_calls_in_the_wrong_order_say_which_comes_first(
    learner: ServedLearner,
) -> None:
    with softfleet.Actor(learner.address) as actor:
        with pytest.raises(softfleet.InvalidStepError, match="after begin"):
            actor.act()
        actor.begin([0, 0])
        with pytest.raises(softfleet.InvalidStepError, match="after act"):
            actor.record(0.0, [0, 1])
        actor.act()
        actor.record(0.0, [0, 1], terminated=True)
        with pytest.raises(softfleet.InvalidStepError, match="after begin"):
            actor.act()
    with pytest.raises(softfleet.SoftfleetError, match="is closed"):
        actor.begin([0, 0])
    actor.close()


def test_the_with_block_is_left_when_the_run_ends(
    learner: ServedLearner, shard: ServedShard
) -> None:
    with softfleet.Actor(learner.address) as actor:
        while True:
            actor.begin([0, 0])
            for step in range(1, 4):
                actor.act()
                actor.record(1.0, [0, step], truncated=step == 3)
                if actor.steps == 10:
                    learner.end()
                    assert not wait_until_ended(actor)
    assert actor.counts.acknowledged == actor.steps == len(shard.rows())


def wait_until_ended(actor: softfleet.Actor) -> bool:
    parameters = actor._parameters
    with parameters._changed:
        parameters._changed.wait_for(lambda: not actor.running, 20)
    return actor.running


def test_a_failed_run_is_an_error(
    learner: ServedLearner, shard: ServedShard
) -> None:
    actor = softfleet.Actor(learner.address)
    learner.end(replay.RUN_PHASE_FAILED)
    with pytest.raises(softfleet.RunFailedError, match="run run-1 has failed"):
        actor.run(Counter())


def test_a_finished_run_is_not_joined(learner: ServedLearner) -> None:
    learner.reply.phase = replay.RUN_PHASE_FINISHED
    with pytest.raises(softfleet.RunEndedError, match="run run-1 has ended"):
        softfleet.Actor(learner.address)


def test_a_shard_of_another_run_ends_the_actor(
    learner: ServedLearner, shard: ServedShard
) -> None:
    shard.refuse_hello = (
        grpc.StatusCode.FAILED_PRECONDITION,
        "this shard belongs to run r2",
    )
    actor = softfleet.Actor(learner.address)
    with pytest.raises(softfleet.RefusedError, match="belongs to run r2"):
        actor.run(Counter())


def test_stepping_stops_while_the_shard_takes_nothing(
    learner: ServedLearner, shard: ServedShard
) -> None:
    learner.reply.config.actor.pending_rows = 10
    shard.open.clear()
    environment = Counter()
    actor = softfleet.Actor(learner.address)
    thread = threading.Thread(target=actor.run, args=(environment,))
    thread.start()
    with actor._session._changed:
        actor._session._changed.wait_for(
            lambda: actor._session._buffer.full, 20
        )
    ending = end_after(learner, shard, 50)
    assert len(environment.actions) == 10
    shard.open.set()
    thread.join(20)
    ending.join()
    assert actor.counts.acknowledged == actor.steps >= 50


def test_with_drop_stepping_goes_on(
    learner: ServedLearner, shard: ServedShard
) -> None:
    learner.reply.config.actor.pending_rows = 10
    learner.reply.config.actor.overflow = run.Overflow.drop
    shard.open.clear()
    with softfleet.Actor(learner.address) as actor:
        for episode in range(10):
            actor.begin([episode, 0])
            for step in range(1, 6):
                actor.act()
                actor.record(1.0, [episode, step], truncated=step == 5)
        shard.open.set()
    assert actor.counts == softfleet.Counts(
        appended=10, acknowledged=10, dropped=40
    )


def test_discrete_actions_are_indices(
    learner: ServedLearner, shard: ServedShard
) -> None:
    learner.publish(snapshot(schema(2, num_actions=3), [0.0, 0.1, 0.2]))
    environment = Counter()
    actor = softfleet.Actor(learner.address)
    ending = end_after(learner, shard, 100)
    actor.run(environment)
    ending.join()
    assert {*map(type, environment.actions)} == {int}
    assert {*environment.actions} == {0, 1, 2}
    sent = np.concatenate(
        [np.frombuffer(block.actions, "<i4") for block in shard.blocks]
    )
    assert sent.tolist() == environment.actions


def test_frames_of_the_past_travel_with_a_block(
    learner: ServedLearner, shard: ServedShard
) -> None:
    learner.publish(snapshot(schema(2, dimension=1, stack=3)))
    learner.reply.config.actor.block_rows = 2
    actor = softfleet.Actor(learner.address)
    ending = end_after(learner, shard, 10)
    actor.run(Counter())
    ending.join()
    first, second = shard.blocks[:2]
    assert first.context == 2
    steps = [
        np.frombuffer(block.observations[0], "<f4")[1::2].tolist()
        for block in (first, second)
    ]
    assert steps == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4]]


def test_the_same_run_seed_and_place_act_alike(
    learner: ServedLearner, shard: ServedShard
) -> None:
    def first_actions(environment: int) -> list[float]:
        learner.reply.first_environment = environment
        with softfleet.Actor(learner.address) as actor:
            actor.begin([0, 0])
            actions = []
            for step in range(5):
                actions.append(float(actor.act()[0]))
                actor.record(0.0, [0, step])
        return actions

    assert first_actions(7) == first_actions(7)
    assert first_actions(7) != first_actions(8)
