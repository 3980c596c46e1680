#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Softfleet's learner beside Stable-Baselines3's and SBX's (JAX), in turn on the
same cores.

  python3 -m venv /tmp/peers
  /tmp/peers/bin/pip install stable-baselines3==2.9.2 sbx-rl==0.28.0 \
      'gymnasium[mujoco]==1.4.0' mujoco==4.0.0 torch==2.11.0
  benchmarks/compare_learners.py --python /tmp/peers/bin/python updates
  benchmarks/compare_learners.py --python /tmp/peers/bin/python pendulum
  benchmarks/compare_learners.py --python /tmp/peers/bin/python half_cheetah

updates: updates per second, batch 256, at HalfCheetah's sizes and in a small
network, without an environment.
pendulum: wall time until the mean regret on configs/panels/pendulum.textproto is
at most 40, looked at every 1,000 steps. Softfleet's is the time of the whole
program including evaluations in both modes; the peers' that of learning alone.
half_cheetah: time of 100,000 steps (--steps), by the clock and of processors,
and the mean return of ten deterministic episodes at their end. Processor time is
what to compare where the machine is not quiet.
"""

import argparse
import datetime
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PEER = os.path.join(HERE, "peer_learners.py")
PANEL = os.path.join(ROOT, "configs/panels/pendulum.textproto")


def run(command, threads, directory=ROOT):
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, set(CORES[-threads:])),
        cwd=directory,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{done.args}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def peer(arguments, library, threads, what, *more):
    command = [arguments.python, PEER, library, what, "--threads", threads, *more]
    # MuJoCo's bindings write a log where they run.
    printed = run(command, threads, tempfile.gettempdir())
    return json.loads(printed.splitlines()[-1])


# updates: sizes of observation, action and of both hidden layers

SIZES = [(17, 6, 256), (3, 1, 64)]


def our_updates(arguments, sizes, threads):
    observation, action, width = sizes
    name = (
        f"BM_SacUpdate/obs:{observation}/act:{action}/width:{width}/batch:256"
        f"/threads:{threads}/real_time"
    )
    program = os.path.join(arguments.build, "benchmarks/sac_update")
    command = [program, f"--benchmark_filter={name}$", "--benchmark_format=json"]
    measured = json.loads(run(command, threads))["benchmarks"]
    return measured[0]["updates/s"]


def compare_updates(arguments):
    print("| observation, action | hidden layers | threads | Softfleet | Stable-Baselines3 | SBX |"
          " ratio to SB3 | ratio to SBX |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for sizes in SIZES:
        options = []
        for name, value in zip(("--observation", "--action", "--width"), sizes):
            options += [name, value]
        for threads in range(1, len(CORES) + 1):
            rates = {"softfleet": [], "sb3": [], "sbx": []}
            for _ in range(arguments.rounds):
                rates["softfleet"].append(our_updates(arguments, sizes, threads))
                for library in ("sb3", "sbx"):
                    measured = peer(arguments, library, threads, "updates", *options)
                    rates[library].append(measured["updates_per_second"])
            median = {name: statistics.median(r) for name, r in rates.items()}
            cells = [
                f"{median[n]:,.0f} ({min(r):,.0f}-{max(r):,.0f})"
                for n, r in rates.items()
            ]
            ratios = [median["softfleet"] / median[n] for n in ("sb3", "sbx")]
            print(f"| {sizes[0]}, {sizes[1]} | 2 x {sizes[2]} | {threads} | {' | '.join(cells)} |"
                  f" {ratios[0]:.2f} | {ratios[1]:.2f} |", flush=True)


# Whole runs


def train(arguments, threads, config, seed, *settings):
    """The run's log, its audit and its directory's metrics, as they are."""
    with tempfile.TemporaryDirectory() as folder:
        run_dir = os.path.join(folder, "run")
        command = [os.path.join(arguments.build, "bin/softfleet"), "train"]
        command += ["--config", config, "--run_dir", run_dir]
        for setting in (f"seed={seed}", f"learner.threads={threads}", *settings):
            command += ["--set", setting]
        run(command, threads)
        with open(os.path.join(run_dir, "log.jsonl"), encoding="utf-8") as lines:
            log = [json.loads(line) for line in lines]
        with open(os.path.join(run_dir, "audit.json"), encoding="utf-8") as file:
            return log, json.load(file)


def seconds_to(log, event):
    times = [datetime.datetime.fromisoformat(e["time"][:-1]) for e in (log[0], event)]
    return (times[1] - times[0]).total_seconds()


def our_pendulum(arguments, threads, seed, config, regret):
    # The panel's mean best return is -125.6.
    settings = [f"stop.target_return={-125.6 - regret}", *arguments.set]
    log, audit = train(arguments, threads, config, seed, *settings)
    for record in audit:
        if record["deterministic_regret_mean"] > regret:
            continue
        for event in log:
            if event["event"] == "evaluation" and event["step"] == record["step"]:
                return {"step": record["step"], "seconds": seconds_to(log, event)}
    return {"step": None, "seconds": seconds_to(log, log[-1])}


def compare_pendulum(arguments):
    ways = {
        "Stable-Baselines3": lambda t, s: peer(
            arguments, "sb3", t, "pendulum", "--seed", s, "--panel", PANEL
        ),
        "SBX": lambda t, s: peer(
            arguments, "sbx", t, "pendulum", "--seed", s, "--panel", PANEL
        ),
        "Softfleet, the same networks": lambda t, s: our_pendulum(
            arguments, t, s, "configs/pendulum_sb3.textproto", 40
        ),
        "Softfleet, its preset": lambda t, s: our_pendulum(
            arguments, t, s, "configs/pendulum.textproto", 40
        ),
    }
    print("| threads | | seconds by seed (at step) | median | ratio to SB3 |")
    print("| --- | --- | --- | --- | --- |")
    for threads in range(1, len(CORES) + 1):
        base = None
        for name, way in ways.items():
            found = [way(threads, seed) for seed in arguments.seeds]
            cells = [f"{f['seconds']:.1f} ({f['step'] or 'not'})" for f in found]
            median = statistics.median(f["seconds"] for f in found)
            base = base or median
            print(f"| {threads} | {name} | {', '.join(cells)} | {median:.1f} |"
                  f" {median / base:.2f} |", flush=True)


def cpu_seconds():
    """Of all programs that were run and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def our_half_cheetah(arguments, threads, seed):
    settings = [
        f"total_steps={arguments.steps}",
        f"replay.capacity={arguments.steps}",
        f"evaluation.interval={arguments.steps}",
        *arguments.set,
    ]
    used = cpu_seconds()
    log, audit = train(
        arguments, threads, "configs/half_cheetah.textproto", seed, *settings
    )
    return {
        "seconds": log[-1]["wall_seconds"],
        "cpu_seconds": cpu_seconds() - used,
        "return": audit[-1]["deterministic_return_mean"],
    }


def compare_half_cheetah(arguments):
    print("| threads | | seed | minutes | of processors | return |")
    print("| --- | --- | --- | --- | --- | --- |")
    for threads in arguments.threads:
        for seed in arguments.seeds:
            ways = {"Softfleet": our_half_cheetah(arguments, threads, seed)}
            if seed in arguments.peer_seeds:
                ways["Stable-Baselines3"] = peer(
                    arguments, "sb3", threads, "half_cheetah",
                    "--seed", seed, "--steps", arguments.steps,
                )
            for name, found in ways.items():
                print(f"| {threads} | {name} | {seed} | {found['seconds'] / 60:.1f} |"
                      f" {found['cpu_seconds'] / 60:.1f} | {found['return']:.0f} |", flush=True)


COMPARISONS = {
    "updates": compare_updates,
    "pendulum": compare_pendulum,
    "half_cheetah": compare_half_cheetah,
}


def numbers(text):
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--python", required=True, help="with the peers")
    parser.add_argument(
        "--build", type=os.path.abspath, default=os.path.join(ROOT, "build/release")
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3])
    parser.add_argument("--peer_seeds", type=numbers, default=[1, 2, 3])
    parser.add_argument("--threads", type=numbers, default=[1], help="half_cheetah")
    parser.add_argument("--steps", type=int, default=100_000, help="half_cheetah")
    parser.add_argument("--set", action="append", default=[], help="for Softfleet")
    parser.add_argument("what", choices=COMPARISONS)
    parsed = parser.parse_args()
    CORES = sorted(os.sched_getaffinity(0))
    COMPARISONS[parsed.what](parsed)
