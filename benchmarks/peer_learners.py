#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stable-Baselines3's SAC, or SBX's (JAX): what compare_learners.py runs in the
peers' Python. Prints JSON.

  peer_learners.py sb3 updates --observation 17 --action 6 --width 256
  peer_learners.py sbx pendulum --seed 1 --panel configs/panels/pendulum.textproto
  peer_learners.py sb3 half_cheetah --seed 1 --steps 100000

`updates` measures updates alone, on a full batch of random rows. `pendulum` learns
with the values of configs/pendulum_sb3.textproto until the mean regret on the
panel is at most --regret; the seconds are those of learning, without
evaluations, imports and (SBX) the first compilation of the evaluation.
"""

import argparse
import json
import os
import re
import statistics
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("library", choices=["sb3", "sbx"])
parser.add_argument("what", choices=["updates", "pendulum", "half_cheetah"])
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--observation", type=int, default=17)
parser.add_argument("--action", type=int, default=6)
parser.add_argument("--width", type=int, default=256)
parser.add_argument("--batch", type=int, default=256)
parser.add_argument("--updates", type=int, default=256)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--panel", default="configs/panels/pendulum.textproto")
parser.add_argument("--regret", type=float, default=40)
parser.add_argument("--steps", type=int, default=10000)
ARGUMENTS = parser.parse_args()

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(ARGUMENTS.threads)
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = (
    f"--xla_cpu_multi_thread_eigen={'true' if ARGUMENTS.threads > 1 else 'false'}"
    f" intra_op_parallelism_threads={ARGUMENTS.threads}"
)

import gymnasium
import numpy
import torch

torch.set_num_threads(ARGUMENTS.threads)
if ARGUMENTS.library == "sb3":
    import stable_baselines3 as library

    DEVICE = {"device": "cpu"}
else:
    import jax
    import sbx as library

    DEVICE = {}


class RandomRows(gymnasium.Env):
    """An environment of the given sizes that costs next to nothing."""

    def __init__(self, observation, action):
        self.observation_space = gymnasium.spaces.Box(-9, 9, (observation,))
        self.action_space = gymnasium.spaces.Box(-1, 1, (action,))
        self.rows = numpy.random.default_rng(1).normal(size=(512, observation))
        self.rows = self.rows.astype(numpy.float32)
        self.turn = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.rows[0], {}

    def step(self, action):
        self.turn += 1
        row = self.rows[self.turn % 512]
        return row, float(row[0]), False, self.turn % 200 == 0, {}


def agent(environment, **changes):
    settings = {
        "batch_size": ARGUMENTS.batch,
        "buffer_size": 100_000,
        "learning_starts": 1000,
        "policy_kwargs": {"net_arch": [ARGUMENTS.width] * 2},
        "seed": ARGUMENTS.seed,
    }
    return library.SAC("MlpPolicy", environment, **settings | changes, **DEVICE)


def measure_updates():
    model = agent(RandomRows(ARGUMENTS.observation, ARGUMENTS.action))
    model.learn(1200)

    def update():
        model.train(gradient_steps=ARGUMENTS.updates, batch_size=ARGUMENTS.batch)
        if ARGUMENTS.library == "sbx":
            jax.block_until_ready(model.policy.qf_state.params)

    update()  # SBX compiles for this number of updates in one call, its best way
    rates, cpu = [], []
    for _ in range(ARGUMENTS.repeats):
        begun, used = time.perf_counter(), time.process_time()
        update()
        rates.append(ARGUMENTS.updates / (time.perf_counter() - begun))
        cpu.append(ARGUMENTS.updates / (time.process_time() - used))
    return {
        "updates_per_second": statistics.median(rates),
        "updates_per_cpu_second": statistics.median(cpu),
    }


def panel(path):
    with open(path, encoding="utf-8") as lines:
        text = lines.read()
    starts = re.findall(r"state: \[(.*?)\] reference_return: (\S+) ", text)
    states = numpy.array([[float(x) for x in s.split(",")] for s, _ in starts])
    return states, numpy.array([float(r) for _, r in starts])


def regret(model, states, references):
    """Mean over the panel of the return that the mode misses."""
    environments = []
    for state in states:
        environment = gymnasium.make("Pendulum-v1").unwrapped
        environment.reset(seed=0)
        environment.state = state.copy()
        environments.append(environment)
    returns = numpy.zeros(len(states))
    observations = numpy.stack([e._get_obs() for e in environments])
    for _ in range(200):
        actions, _ = model.predict(observations, deterministic=True)
        steps = [e.step(a) for e, a in zip(environments, actions)]
        observations = numpy.stack([s[0] for s in steps])
        returns += [s[1] for s in steps]
    return float((references - returns).mean())


def solve_pendulum():
    states, references = panel(ARGUMENTS.panel)
    model = agent("Pendulum-v1", learning_rate=1e-3, learning_starts=100)
    wall = cpu = 0.0
    curve = []
    for step in range(1000, ARGUMENTS.steps + 1, 1000):
        begun, used = time.perf_counter(), time.process_time()
        model.learn(1000, reset_num_timesteps=False)
        wall += time.perf_counter() - begun
        cpu += time.process_time() - used
        curve.append([step, wall, regret(model, states, references)])
        if curve[-1][2] <= ARGUMENTS.regret:
            return {"step": step, "seconds": wall, "cpu_seconds": cpu, "curve": curve}
    return {"step": None, "seconds": wall, "cpu_seconds": cpu, "curve": curve}


def learn_half_cheetah():
    model = agent("HalfCheetah-v5", learning_starts=10_000, buffer_size=ARGUMENTS.steps)
    begun, used = time.perf_counter(), time.process_time()
    model.learn(ARGUMENTS.steps)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    environment = gymnasium.make("HalfCheetah-v5")
    returns = []
    for episode in range(10):
        observation, _ = environment.reset(seed=10_000 + episode)
        total, over = 0.0, False
        while not over:
            action, _ = model.predict(observation, deterministic=True)
            observation, reward, terminated, truncated, _ = environment.step(action)
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    return {"seconds": seconds, "cpu_seconds": cpu, "return": statistics.mean(returns)}


WORK = {
    "updates": measure_updates,
    "pendulum": solve_pendulum,
    "half_cheetah": learn_half_cheetah,
}
result = WORK[ARGUMENTS.what]()
json.dump(result | {"version": library.__version__}, sys.stdout)
print()
