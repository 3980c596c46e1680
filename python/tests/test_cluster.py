# SPDX-License-Identifier: Apache-2.0
"""A Python actor in a run of the real programs: it makes every step of the
pendulum preset, small, and the run reaches its end, also when connections
break and the shard is killed on the way."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.support.programs import (
    Program,
    Proxy,
    binary,
    free_port,
    stored_rows,
)

import softfleet

gymnasium = pytest.importorskip("gymnasium")

ROOT = Path(__file__).parents[2]
STEPS = 1000
SMALL = {
    "total_steps": STEPS,
    "actor.block_rows": 8,
    "actor.pending_rows": 64,
    "replay.slack": 64,
    "learner.updates_per_step": 0.2,
    "learner.publish_seconds": 0.02,
    "evaluation.interval": 0,
    "evaluation.panel": "",
    "evaluation.episodes": 1,
    "checkpoint_interval": 100000,
}


class Cluster:
    """One shard, a learner and an evaluator; the learner and its actors reach
    the shard through a proxy."""

    def __init__(self, folder: Path, preset: str, stack: ExitStack):
        self.run_dir = folder / "run"
        self._shard_address = f"127.0.0.1:{free_port()}"
        self._data_dir = folder / "shard"
        self._stack = stack
        self.start_shard()
        self.proxy = stack.enter_context(Proxy(self._shard_address))
        settings = [f"--set={key}={value}" for key, value in SMALL.items()]
        self.learner = stack.enter_context(
            Program(
                binary("softfleet-learner"),
                "--listen", "127.0.0.1:0", "--shards", self.proxy.address,
                "--config", ROOT / "configs" / preset,
                "--run_dir", self.run_dir, *settings,
            )  # fmt: skip
        )
        self.address = self.learner.address()
        stack.enter_context(
            Program(binary("softfleet-evaluator"), "--learner", self.address)
        )

    def start_shard(self) -> None:
        self.shard = self._stack.enter_context(
            Program(
                binary("softfleet-replay-server"),
                "--listen", self._shard_address, "--data_dir", self._data_dir,
            )  # fmt: skip
        )
        self.shard.address()

    def stored(self, run_id: str) -> list[tuple[int, int, int]]:
        return stored_rows(self._shard_address, run_id)

    def expect_finished(self, total_steps: int = STEPS) -> None:
        assert self.learner.wait() == 0
        audit = json.loads((self.run_dir / "audit.json").read_text())
        assert audit[-1]["step"] == total_steps
        assert audit[-1]["updates"] > 0


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[[str], Cluster]]:
    with ExitStack() as stack:
        yield lambda preset: Cluster(tmp_path, preset, stack)


def expect_each_row_once(
    cluster: Cluster, actor: softfleet.Actor, episode_steps: int | None
) -> None:
    """The shard has exactly what the actor recorded, in its order."""
    rows = cluster.stored(actor.run_id)
    counts = actor.counts
    assert len(rows) == len({*rows}) == actor.steps
    assert rows == sorted(rows)
    assert counts == softfleet.Counts(
        appended=actor.steps, acknowledged=actor.steps
    )
    if episode_steps is not None:
        expected = [
            (t // episode_steps, t % episode_steps) for t in range(actor.steps)
        ]
        assert [(episode, step) for _, episode, step in rows] == expected


def test_all_steps_of_a_run_come_from_python(
    make_cluster: Callable[[str], Cluster],
) -> None:
    cluster = make_cluster("pendulum.textproto")
    actor = softfleet.Actor(cluster.address)
    actor.run(gymnasium.make("Pendulum-v1"))
    cluster.expect_finished()
    assert actor.steps >= STEPS
    expect_each_row_once(cluster, actor, episode_steps=200)


def test_discrete_actions_and_episodes_that_terminate_arrive_too(
    make_cluster: Callable[[str], Cluster],
) -> None:
    cluster = make_cluster("cartpole.textproto")
    actor = softfleet.Actor(cluster.address)
    actor.run(gymnasium.make("CartPole-v1"))
    cluster.expect_finished()
    expect_each_row_once(cluster, actor, episode_steps=None)
    policy = softfleet.Policy.load(cluster.run_dir / "policy")
    assert policy.act([0, 0, 0, 0]) in (0, 1)


class Disturbed:
    """A pendulum that calls `disturb` before every so-manyth step."""

    def __init__(self, every: int, disturb: Callable[[], None]):
        self._pendulum = gymnasium.make("Pendulum-v1")
        self.observation_space = self._pendulum.observation_space
        self.action_space = self._pendulum.action_space
        self.reset = self._pendulum.reset
        self.steps = 0
        self._every = every
        self._disturb = disturb

    def step(self, action: Any) -> Any:
        self.steps += 1
        if self.steps % self._every == 0:
            self._disturb()
        return self._pendulum.step(action)


def test_connections_that_break_lose_and_double_nothing(
    make_cluster: Callable[[str], Cluster],
) -> None:
    cluster = make_cluster("pendulum.textproto")
    actor = softfleet.Actor(cluster.address)
    environment = Disturbed(200, cluster.proxy.cut)
    actor.run(environment)
    cluster.expect_finished()
    assert environment.steps >= STEPS
    expect_each_row_once(cluster, actor, episode_steps=200)
    assert cluster.shard.log.count("writes from batch") > 4


def test_a_shard_that_is_killed_costs_only_what_it_had(
    make_cluster: Callable[[str], Cluster],
) -> None:
    cluster = make_cluster("pendulum.textproto")
    actor = softfleet.Actor(cluster.address)

    def kill_once() -> None:
        if environment.steps == 300:
            cluster.shard.kill()
            cluster.start_shard()

    environment = Disturbed(300, kill_once)
    actor.run(environment)
    cluster.expect_finished()
    rows = cluster.stored(actor.run_id)
    counts = actor.counts
    assert len(rows) == len({*rows})
    assert rows == sorted(rows)
    assert counts.acknowledged == actor.steps
    assert 0 < counts.lost <= 300
    # What the new shard has is everything that was not lost, or came again
    # because its acknowledgement was on the way.
    assert actor.steps - counts.lost <= len(rows) + 64
    assert len(rows) <= actor.steps - counts.lost + 64


def test_a_reward_that_is_not_a_number_never_leaves_the_actor(
    make_cluster: Callable[[str], Cluster],
) -> None:
    class Broken(Disturbed):
        def step(self, action: Any) -> Any:
            observation, reward, *rest = super().step(action)
            bad = float("nan") if self.steps == 77 else reward
            return (observation, bad, *rest)

    cluster = make_cluster("pendulum.textproto")
    actor = softfleet.Actor(cluster.address)
    with pytest.raises(softfleet.InvalidStepError, match="reward is nan"):
        actor.run(Broken(1000, lambda: None))
    assert actor.steps == 76
    expect_each_row_once(cluster, actor, episode_steps=200)


def test_the_example_sends_what_it_has_when_it_is_stopped(
    make_cluster: Callable[[str], Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = make_cluster("pendulum.textproto")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "python/src"))
    example = ROOT / "examples/python_actor/actor.py"
    with Program(
        sys.executable, example, "Pendulum-v1", "--learner", cluster.address
    ) as actor:
        run_id = actor.wait_for(r"joined run (\w+)")[1]
        cluster.shard.wait_for("writes from batch")
        end = time.monotonic() + 30
        while not cluster.stored(run_id) and time.monotonic() < end:
            pass
        actor.terminate()
        assert actor.wait() == 0
    left = re.search(r"left run \w+: (\d+) steps, (\d+) rows", actor.log)
    assert left is not None
    assert left[1] == left[2] == str(len(cluster.stored(run_id))) != "0"


def test_an_environment_of_another_task_is_refused(
    make_cluster: Callable[[str], Cluster],
) -> None:
    cluster = make_cluster("pendulum.textproto")
    actor = softfleet.Actor(cluster.address)
    with pytest.raises(
        softfleet.RefusedError, match=r"rows are state:F32\[3\]"
    ):
        actor.run(gymnasium.make("CartPole-v1"))
