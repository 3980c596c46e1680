# SPDX-License-Identifier: Apache-2.0
"""One Gymnasium environment, stepped for a process of Softfleet.

Embedded into the library and started by worker_process.cc; gymnasium_messages.h
has the messages. It answers one message after the other, and ends with its
parent: at the end of the socket's stream, or killed by the kernel.
"""

import ast
import ctypes
import faulthandler
import importlib
import inspect
import json
import mmap
import os
import signal
import socket
import sys
import traceback

# One of many processes: libraries that would use every core are told not to.
for _variable in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ.setdefault(f"{_variable}_NUM_THREADS", "1")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

MOST_MESSAGE = 1 << 18
MOST_TRACEBACK = 16000
FLAGS = ("terminated", "truncated", "success", "taken_over", "executed")


class Missing(Exception):
    """What has to be installed."""


KINDS = {Refused: "refused", Missing: "missing"}


def die_with(parent):
    """Asks the kernel to kill this process when its parent has ended."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def be_the_one_that_memory_runs_out_for():
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("500")
    except OSError:
        pass


def last_line(error):
    return traceback.format_exception_only(error)[-1].strip()


# --- Making -----------------------------------------------------------------


def import_gymnasium():
    global gymnasium, np
    try:
        import gymnasium
        import numpy as np
    except ImportError as error:
        raise Missing(
            f"{sys.executable} cannot import gymnasium ({last_line(error)}); "
            f"install it there ({sys.executable} -m pip install gymnasium) or "
            "set SOFTFLEET_PYTHON to a Python that has it"
        ) from error


def import_module(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise Missing(
            f"{sys.executable} cannot import module {name!r}: "
            f"{last_line(error)}; it is looked for in the current directory and "
            "in PYTHONPATH"
        ) from error


def keep_mujoco_off_the_disk():
    """What MuJoCo warns of it writes into MUJOCO_LOG.TXT, wherever the program
    was started; here the log has it. For environments that have imported it."""
    mujoco = sys.modules.get("mujoco")
    if hasattr(mujoco, "set_mju_user_warning"):
        mujoco.set_mju_user_warning(
            lambda text: print(f"MuJoCo: {text}", file=sys.stderr)
        )


def whole_arguments(name):
    """The arguments of an environment that are integers by default or by
    annotation."""
    try:
        spec = gymnasium.spec(name)
        create = spec.entry_point
        if isinstance(create, str):
            create = gymnasium.envs.registration.load_env_creator(create)
        parameters = inspect.signature(create).parameters.values()
    except (gymnasium.error.Error, ImportError, AttributeError, TypeError, ValueError):
        return set()  # make() says what is wrong
    defaults = {p.name: p.default for p in parameters} | dict(spec.kwargs)
    by_default = {n for n, value in defaults.items() if type(value) is int}
    return by_default | {p.name for p in parameters if p.annotation in (int, "int")}


def argument(setting, whole):
    """A setting as Python's value; docs/guide.md has the rules."""
    name = setting["name"]
    if "flag" in setting:
        return setting["flag"]
    if "text" in setting:
        text = setting["text"]
        if not text.startswith("="):
            return text
        try:
            return ast.literal_eval(text[1:].strip())
        except (ValueError, SyntaxError) as error:
            raise Refused(
                f"setting {name}: {text[1:]!r} is no Python literal"
            ) from error
    numbers = setting["numbers"]
    if len(numbers) > 1:
        return numbers
    return int(numbers[0]) if name in whole and numbers[0] % 1 == 0 else numbers[0]


def make(request):
    import_gymnasium()
    if request["module"]:
        import_module(request["module"])
    whole = whole_arguments(request["id"])
    arguments = {s["name"]: argument(s, whole) for s in request["settings"]}
    limit = request["max_episode_steps"]
    if limit is not None:
        arguments["max_episode_steps"] = limit if limit > 0 else -1
    # The parent checks what comes; the checker would cost more than a step.
    arguments.setdefault("disable_env_checker", True)
    keep_mujoco_off_the_disk()
    try:
        return gymnasium.make(request["id"], **arguments)
    except gymnasium.error.DependencyNotInstalled as error:
        raise Missing(str(error)) from error
    except gymnasium.error.Error as error:
        raise Refused(last_line(error)) from error
    except TypeError as error:
        if "argument" not in str(error):
            raise  # a mistake inside the environment
        raise Refused(last_line(error)) from error


def control_frequency(environment):
    step = getattr(environment.unwrapped, "dt", None)
    if isinstance(step, float) and step > 0:
        return 1 / step
    return float((environment.metadata or {}).get("render_fps") or 0)


# --- Physical state ---------------------------------------------------------


def is_mujoco(inner):
    module = sys.modules.get("gymnasium.envs.mujoco.mujoco_env")
    return module is not None and isinstance(inner, module.MujocoEnv)


def physical_state(environment):
    """The state of an environment where it is known to be all there is."""
    inner = environment.unwrapped
    if is_mujoco(inner):
        return np.concatenate([inner.data.qpos, inner.data.qvel])
    if type(inner).__module__.startswith("gymnasium.envs.classic_control."):
        return np.array(inner.state, np.float64)
    return np.zeros(0)


def set_physical_state(environment, state):
    """Returns the observation, as the wrappers that only observe show it."""
    inner = environment.unwrapped
    if is_mujoco(inner):
        inner.set_state(state[: inner.model.nq], state[inner.model.nq :])
    else:
        inner.state = state
    observe = getattr(inner, "_get_obs", None) or getattr(inner, "_get_ob", None)
    observation = observe() if observe else state.astype(np.float32)
    for wrapper in reversed(list(observation_wrappers(environment))):
        observation = wrapper.observation(observation)
    return observation


def observation_wrappers(environment):
    while environment is not environment.unwrapped:
        if isinstance(environment, gymnasium.ObservationWrapper):
            yield environment
        environment = environment.env


# --- Serving ----------------------------------------------------------------


class Worker:
    def __init__(self, memory):
        self.memory_file = memory
        self.environment = None
        self.handlers = {
            ord("M"): self.make,
            ord("L"): self.map,
            ord("R"): self.reset,
            ord("T"): self.step,
            ord("Q"): self.state,
            ord("P"): self.reset_to,
        }

    def make(self, request):
        self.environment = environment = make(json.loads(request))
        self.groups = groups_of(environment.observation_space)
        self.action = Action(environment.action_space)
        environment.reset(seed=0)
        state_size = physical_state(environment).size
        # One step shows which components its reward has.
        info = environment.step(self.action.harmless())[-1]
        self.components = [
            name
            for name, value in info.items()
            if name.startswith("reward_") and np.ndim(value) == 0
        ]
        spec = environment.spec
        return "S", {
            "groups": [
                {"name": g.name, "dtype": g.dtype, "shape": g.shape}
                for g in self.groups
            ],
            "action": self.action.describe(),
            "max_episode_steps": (spec and spec.max_episode_steps) or 0,
            "reward_components": self.components,
            "control_frequency": control_frequency(environment),
            "state_size": int(state_size),
        }

    def map(self, request):
        layout = json.loads(request)
        memory = mmap.mmap(self.memory_file, layout["size"])
        os.close(self.memory_file)

        def view(dtype, offset, shape):
            count = int(np.prod(shape))
            return np.frombuffer(memory, dtype, count, offset).reshape(shape)

        self.seed = view("uint64", layout["seed"], [1])
        dtype, columns = "int32", 1
        if self.action.continuous:
            dtype, columns = "float32", int(np.prod(self.action.space.shape))
        self.chosen = view(dtype, layout["action"], [columns])
        self.executed = view("float32", layout["executed"], [columns])
        self.reward = view("float64", layout["reward"], [1])
        self.parts = view("float64", layout["components"], [len(self.components)])
        self.flags = view("uint8", layout["flags"], [len(FLAGS)])
        self.views = [
            view(group.dtype, offset, group.shape)
            for group, offset in zip(self.groups, layout["observations"])
        ]
        return "K", None

    def show(self, observation):
        for group, view in zip(self.groups, self.views):
            value = observation
            for key in group.path:
                value = value[key]
            group.write(view, value)
        return "K", None

    def reset(self, _):
        return self.show(self.environment.reset(seed=int(self.seed[0]))[0])

    def step(self, _):
        action = self.action.take(self.chosen)
        observation, reward, terminated, truncated, info = self.environment.step(action)
        self.reward[0] = reward
        for i, name in enumerate(self.components):
            self.parts[i] = info.get(name, 0)
        executed = info.get("executed_action")
        self.flags[:] = (
            bool(terminated),
            bool(truncated),
            bool(info.get("success", info.get("is_success", False))),
            bool(info.get("taken_over", info.get("intervention", False))),
            executed is not None,
        )
        if executed is not None:
            self.take_executed(executed)
        return self.show(observation)

    def take_executed(self, executed):
        executed = np.asarray(executed).reshape(-1)
        if not self.action.continuous or executed.shape != self.executed.shape:
            raise ValueError(
                f"info['executed_action'] is {executed}, no vector of the action space"
            )
        self.executed[:] = executed

    def state(self, _):
        return "V", physical_state(self.environment).tobytes()

    def reset_to(self, request):
        state = np.frombuffer(request, np.float64).copy()
        self.environment.reset(seed=0)
        return self.show(set_physical_state(self.environment, state))

    def answer(self, message):
        try:
            kind, content = self.handlers[message[0]](message[1:])
        except BaseException as error:  # SystemExit too: the parent decides
            kind, content = "E", {
                "kind": KINDS.get(type(error), "error"),
                "message": str(error) if type(error) in KINDS else last_line(error),
                "traceback": traceback.format_exc()[-MOST_TRACEBACK:],
            }
        if isinstance(content, dict):
            content = json.dumps(content).encode()
        return kind.encode() + (content or b"")

    def close(self):
        try:
            if self.environment is not None:
                self.environment.close()
        except Exception:
            traceback.print_exc()


def main(socket_file, memory_file, parent):
    die_with(parent)
    be_the_one_that_memory_runs_out_for()
    faulthandler.enable()
    sys.stdout.reconfigure(line_buffering=True)
    channel = socket.socket(fileno=socket_file)
    worker = Worker(memory_file)
    while message := channel.recv(MOST_MESSAGE):
        channel.send(worker.answer(message))
    worker.close()
    sys.stdout.flush()
    # Without the interpreter's tidying up, which takes longer than all of this.
    os._exit(0)
