# SPDX-License-Identifier: Apache-2.0
"""Steps one environment of Gymnasium or EnvPool with random actions and prints
steps per second, as JSON: what compare_environments.py runs in the peers'
Python.

  peer_environments.py gymnasium HalfCheetah-v5 --seconds 2
  peer_environments.py vector HalfCheetah-v5 --seconds 2 --environments 4
  peer_environments.py envpool HalfCheetah-v5 --seconds 2 --mode async \
      --environments 64 --batch 32 --threads 2
"""

import argparse
import json
import time

import numpy

# Actions are drawn beforehand and used again: drawing is not stepping.
DRAWN = 64


def rate(step, rows, seconds):
    """Steps per second of `step`, which takes `rows` steps at each call, after a
    quarter of the time to warm up."""
    end = time.perf_counter() + seconds / 4
    while time.perf_counter() < end:
        step()
    calls, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        step()
        calls += 1
    return calls * rows / (time.perf_counter() - begin)


def draw(space, rows):
    random = numpy.random.default_rng(0)
    if hasattr(space, "n"):
        return random.integers(0, space.n, (DRAWN, rows), dtype=numpy.int32)
    low, high = space.low, space.high
    return random.uniform(low, high, (DRAWN, rows) + space.shape).astype(
        numpy.float32
    )


def measure_gymnasium(name, seconds, unchecked):
    import gymnasium

    environment = gymnasium.make(name, disable_env_checker=unchecked or None)
    environment.reset(seed=1)
    actions = draw(environment.action_space, 1)[:, 0]
    turn = 0

    def step():
        nonlocal turn
        turn = (turn + 1) % DRAWN
        _, _, terminated, truncated, _ = environment.step(actions[turn])
        if terminated or truncated:
            environment.reset()

    return rate(step, 1, seconds), gymnasium.__version__


def measure_vector(name, arguments):
    import gymnasium

    vector = gymnasium.make_vec(
        name, num_envs=arguments.environments, vectorization_mode="async"
    )
    vector.reset(seed=1)
    actions = draw(vector.single_action_space, arguments.environments)
    turn = 0

    def step():
        nonlocal turn
        turn = (turn + 1) % DRAWN
        vector.step(actions[turn])

    steps = rate(step, arguments.environments, arguments.seconds)
    vector.close()
    return steps, gymnasium.__version__


def measure_envpool(name, arguments):
    import envpool

    pool = envpool.make_gymnasium(
        name,
        num_envs=arguments.environments,
        batch_size=arguments.batch,
        num_threads=arguments.threads,
        seed=1,
    )
    actions = draw(pool.action_space, arguments.batch)
    turn = 0
    if arguments.mode == "sync":
        pool.reset()

        def step():
            nonlocal turn
            turn = (turn + 1) % DRAWN
            pool.step(actions[turn])

    else:
        pool.async_reset()

        def step():
            nonlocal turn
            turn = (turn + 1) % DRAWN
            information = pool.recv()[-1]
            pool.send(actions[turn], information["env_id"])

    return rate(step, arguments.batch, arguments.seconds), envpool.__version__


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["gymnasium", "vector", "envpool"])
    parser.add_argument("name")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--mode", choices=["sync", "async"], default="sync")
    parser.add_argument("--environments", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--unchecked", action="store_true")
    arguments = parser.parse_args()
    if arguments.library == "gymnasium":
        steps, version = measure_gymnasium(
            arguments.name, arguments.seconds, arguments.unchecked
        )
    elif arguments.library == "vector":
        steps, version = measure_vector(arguments.name, arguments)
    else:
        steps, version = measure_envpool(arguments.name, arguments)
    print(json.dumps({"steps_per_second": steps, "version": version}))


if __name__ == "__main__":
    main()
