# SPDX-License-Identifier: Apache-2.0
"""Gymnasium environments whose every number a test can foretell, and some that
do one thing wrong. Importing this registers them."""

import os
import signal
import subprocess
import sys
import time

import gymnasium
import numpy as np
from gymnasium import spaces


class Frames(gymnasium.Env):
    """Pictures of a bar that the action moves: to be kept in the middle."""

    metadata = {"render_fps": 30}

    def __init__(self, size=6):
        self.size = size
        self.observation_space = spaces.Box(0, 255, (size, size, 1), np.uint8)
        self.action_space = spaces.Box(-1, 1, (1,), np.float32)

    def frame(self):
        frame = np.full((self.size, self.size, 1), self.count % 256, np.uint8)
        frame[:, self.bar] = 255
        return frame

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.count = seed % 100
        self.bar = int(self.np_random.integers(self.size))
        return self.frame(), {}

    def step(self, action):
        self.count += 1
        move = int(np.sign(np.round(action[0])))
        self.bar = int(np.clip(self.bar + move, 0, self.size - 1))
        reward = -abs(self.bar - self.size // 2) / self.size
        return self.frame(), reward, False, False, {}


class EverySpace(gymnasium.Env):
    """An observation of every kind, counting up from the seed."""

    def __init__(self):
        self.observation_space = spaces.Dict(
            {
                "arm": spaces.Dict(
                    {
                        "joints": spaces.Box(-9, 9, (2,), np.float64),
                        "on": spaces.MultiBinary(3),
                    }
                ),
                "camera": spaces.Box(0, 255, (2, 2, 3), np.uint8),
                "gear": spaces.Discrete(4, start=-1),
                "level": spaces.Box(0, 1000, (), np.int64),
                "pair": spaces.Tuple((spaces.Discrete(2), spaces.Box(0, 1, (1,)))),
                "switches": spaces.MultiDiscrete([2, 3]),
            }
        )
        self.action_space = spaces.Discrete(3, start=5)

    def observation(self):
        n = self.count
        return {
            "arm": {"joints": np.array([n / 7, -n]), "on": np.array([1, n % 2, 0])},
            "camera": np.full((2, 2, 3), n % 256, np.uint8),
            "gear": n % 4 - 1,
            "level": np.array(n),
            "pair": (n % 2, np.array([n % 10 / 10], np.float32)),
            "switches": np.array([n % 2, n % 3]),
        }

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.count = seed
        return self.observation(), {}

    def step(self, action):
        assert 5 <= action <= 7, action
        self.count += int(action) - 4
        return self.observation(), float(action), False, False, {}


class Telling(gymnasium.Env):
    """Everything that `info` can say."""

    def __init__(self):
        self.observation_space = spaces.Box(-np.inf, np.inf, (1,))
        self.action_space = spaces.Box(-2, 2, (2,))

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.array([seed % 1000], np.float32), {}

    def step(self, action):
        self.steps += 1
        info = {
            "reward_way": 1.5 * self.steps,
            "reward_effort": np.float32(-0.25),
            "reward_weights": np.ones(3),
            "note": "reward_way is no text",
        }
        if self.steps == 2:
            del info["reward_effort"]
            info["is_success"] = np.True_
        if self.steps == 3:
            info |= {"success": True, "taken_over": True}
        if self.steps == 4:
            info |= {"intervention": True, "executed_action": [0.5, action[0]]}
        reward = info["reward_way"] + info.get("reward_effort", 0)
        done = self.steps == 6
        return np.array([0.1]), reward, done, self.steps == 5 or done, info


class Settings(gymnasium.Env):
    """Shows what it was made with, as Python writes it, in bytes."""

    def __init__(self, count=3, weight=2.0, annotated: int = None, **others):
        self.text = repr((count, weight, annotated, sorted(others.items()))).encode()
        self.observation_space = spaces.Box(0, 255, (200,), np.uint8)
        self.action_space = spaces.Discrete(1)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        return np.frombuffer(self.text.ljust(200), np.uint8), {}

    def step(self, action):
        return np.zeros(200, np.uint8), 0, False, False, {}


class Faulty(gymnasium.Env):
    """Does one thing wrong in its third step, or in its second reset (the first
    is the scratch episode's), or when it is made."""

    def __init__(self, fault="", file=""):
        self.fault, self.file = fault, file
        self.episodes = 0
        self.observation_space = spaces.Box(-9, 9, (2,))
        self.action_space = spaces.Box(-1, 1, (1,))
        if fault == "make":
            raise RuntimeError("no licence for this simulator")
        if fault == "many actions":
            self.action_space = spaces.MultiDiscrete([3, 3])
        if fault == "whole actions":
            self.action_space = spaces.Box(0, 9, (2,), np.int64)
        if fault == "infinite actions":
            self.action_space = spaces.Box(-np.inf, np.inf, (2,))
        if fault == "text observations":
            self.observation_space = spaces.Text(10)
        if fault == "odd names":
            self.observation_space = spaces.Dict({"a b": self.observation_space})

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.episodes += 1
        if self.episodes == 2:
            if self.fault == "reset":
                raise ValueError("the gripper\nis stuck")
            if self.fault == "slow reset":
                time.sleep(3600)
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.steps += 1
        observation, reward, info = np.array([self.steps, 0], np.float32), 1.0, {}
        if self.steps == 3:
            observation, reward = self.spoil(observation, reward, info)
        return observation, reward, False, False, info

    def spoil(self, observation, reward, info):
        fault = self.fault
        if fault == "step":
            self.deeper()
        if fault == "exit":
            sys.exit(3)
        if fault == "os exit":
            print("the licence server has gone", flush=True)
            os._exit(7)
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        if fault == "hang":
            print("hanging now", flush=True)
            time.sleep(3600)
        if fault == "hang with a child":
            child = subprocess.Popen(["sleep", "3600"])
            with open(self.file, "w", encoding="ascii") as file:
                file.write(f"{child.pid}\n")
            child.wait()
        if fault == "close files":
            os.closerange(3, 100)
        if fault == "chatter":
            for i in range(20000):
                print("line", i)
            print("half a line", end="", file=sys.stderr)
        if fault == "nan reward":
            reward = np.nan
        if fault == "text reward":
            reward = "high"
        if fault == "nan observation":
            observation[1] = np.nan
        if fault == "wrong shape":
            observation = np.zeros(1, np.float32)
        if fault == "no observation":
            observation = None
        if fault == "short executed":
            info["executed_action"] = [1, 2, 3]
        return observation, reward

    def deeper(self):
        raise ZeroDivisionError("the arm has length 0")


class Doubled(gymnasium.ObservationWrapper):
    def observation(self, observation):
        return 2 * observation


def make_doubled_pendulum():
    environment = gymnasium.make("Pendulum-v1").unwrapped
    environment = Doubled(environment)
    environment.observation_space = spaces.Box(-20, 20, (3,))
    return environment


def register(name, entry, limit):
    gymnasium.register(f"softfleet/{name}", entry, max_episode_steps=limit)


register("Frames-v0", Frames, 20)
register("EverySpace-v0", EverySpace, None)
register("Telling-v0", Telling, None)
register("Settings-v0", Settings, 5)
register("Faulty-v0", Faulty, 50)
register("DoubledPendulum-v0", make_doubled_pendulum, 200)
