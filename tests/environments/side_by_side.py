# SPDX-License-Identifier: Apache-2.0
"""Plays episodes in Gymnasium for side_by_side_test.cc:

  side_by_side.py requests.json replies.json

A request is {id, arguments, state, actions}: gymnasium.make(id, **arguments) is
put into the state (MuJoCo: qpos, then qvel) and takes the actions. Its reply is
{start, observations, rewards, terminated, truncated, info, parameters}: the
first observation, one entry per step, info's numbers of one name per step, and
the names of the environment's own arguments.
"""

import inspect
import json
import sys

import gymnasium
import numpy as np


def put_into(environment, state):
    """The observation in that state, as after a reset."""
    if hasattr(environment, "set_state"):
        import mujoco

        mujoco.mj_resetData(environment.model, environment.data)
        positions = environment.model.nq
        environment.set_state(np.array(state[:positions]), np.array(state[positions:]))
        return environment._get_obs()
    environment.state = np.array(state)
    return None


def as_action(space, action):
    if isinstance(space, gymnasium.spaces.Discrete):
        return int(action[0])
    return np.array(action, dtype=np.float32)


def play(request):
    environment = gymnasium.make(
        request["id"], disable_env_checker=True, **request["arguments"]
    )
    environment.reset(seed=0)
    start = put_into(environment.unwrapped, request["state"])
    reply = {
        "start": None if start is None else [float(x) for x in start],
        "parameters": list(inspect.signature(type(environment.unwrapped)).parameters),
        "info": {},
    }
    columns = ("observations", "rewards", "terminated", "truncated")
    reply.update((column, []) for column in columns)
    for action in request["actions"]:
        observation, reward, terminated, truncated, info = environment.step(
            as_action(environment.action_space, action)
        )
        reply["observations"].append([float(x) for x in observation])
        reply["rewards"].append(float(reward))
        reply["terminated"].append(bool(terminated))
        reply["truncated"].append(bool(truncated))
        for name, value in info.items():
            if np.ndim(value) == 0 and isinstance(value, (int, float, np.number)):
                reply["info"].setdefault(name, []).append(float(value))
    environment.close()
    return reply


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        requests = json.load(file)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump([play(request) for request in requests], file)


if __name__ == "__main__":
    main()
