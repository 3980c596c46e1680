#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Steps per second of Softfleet's environments beside EnvPool's and
Gymnasium's, in turn on the same cores, with random actions.

  python3 -m venv /tmp/peers
  /tmp/peers/bin/pip install envpool==1.2.5 'gymnasium[mujoco]==1.4.0' \
      mujoco==4.0.0
  benchmarks/compare_environments.py --python /tmp/peers/bin/python

On each number of cores EnvPool runs in every setting of SETTINGS and the best
one counts; Softfleet runs one environment_stepping for each core, Gymnasium one
environment on one core. Each round measures all of them once; the medians over
the rounds are compared, and the table shows the smallest and the largest too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

NAMES = [
    "HalfCheetah-v5",
    "Hopper-v5",
    "Walker2d-v5",
    "Ant-v5",
    "Humanoid-v5",
    "Pendulum-v1",
    "CartPole-v1",
]
# EnvPool's mode, environments and batch; its threads are the cores.
SETTINGS = [("sync", 8, 8), ("sync", 64, 64), ("async", 16, 8), ("async", 64, 32)]

HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(HERE, "peer_environments.py")


def start(command, cores):
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        cwd=tempfile.gettempdir(),  # MuJoCo's bindings write a log there
        text=True,
    )


def finish(process):
    out, _ = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{' '.join(process.args)}: exit code {process.returncode}")
    return json.loads(out)


def softfleet(program, name, cores, seconds):
    command = [os.path.abspath(program), "--json", "--repetitions=1", f"--seconds={seconds}", name]
    running = [start(command, {core}) for core in cores]
    return sum(finish(p)[0]["steps_per_second"]["median"] for p in running)


def envpool(python, name, cores, seconds):
    """Of every setting."""
    rates = {}
    for mode, environments, batch in SETTINGS:
        command = [python, PEER, "envpool", name, f"--mode={mode}"]
        command += [f"--environments={environments}", f"--batch={batch}"]
        command += [f"--threads={len(cores)}", f"--seconds={seconds}"]
        measured = finish(start(command, cores))
        rates[f"{mode} {environments}/{batch}"] = measured["steps_per_second"]
    return rates


def gymnasium(python, name, cores, seconds):
    command = [python, PEER, "gymnasium", name, f"--seconds={seconds}"]
    return finish(start(command, {min(cores)}))["steps_per_second"]


def measure(arguments, name, cores):
    ours, theirs, plain = [], {}, []
    for _ in range(arguments.rounds):
        ours.append(softfleet(arguments.program, name, cores, arguments.seconds))
        for setting, rate in envpool(
            arguments.python, name, cores, arguments.seconds
        ).items():
            theirs.setdefault(setting, []).append(rate)
        plain.append(gymnasium(arguments.python, name, cores, arguments.seconds))
    best = max(theirs, key=lambda setting: statistics.median(theirs[setting]))
    return {
        "environment": name,
        "cores": len(cores),
        "softfleet": ours,
        "envpool": theirs[best],
        "envpool_setting": best,
        "gymnasium": plain,
        "ratio_to_envpool": statistics.median(ours) / statistics.median(theirs[best]),
    }


def cell(rates):
    return (
        f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--python", required=True, help="with envpool, gymnasium")
    parser.add_argument(
        "--program",
        default=os.path.join(HERE, "../build/release/benchmarks/environment_stepping"),
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("names", nargs="*", default=NAMES)
    arguments = parser.parse_args()
    available = sorted(os.sched_getaffinity(0))
    results = []
    if not arguments.json:
        print("| environment | cores | Softfleet | EnvPool, its best setting |"
              " Gymnasium, one core | ratio to EnvPool |")
        print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.names:
        for count in (1, 2):
            if count > len(available):
                continue
            result = measure(arguments, name, set(available[-count:]))
            results.append(result)
            if not arguments.json:
                print(
                    f"| {name} | {count} | {cell(result['softfleet'])} |"
                    f" {cell(result['envpool'])}, {result['envpool_setting']} |"
                    f" {cell(result['gymnasium'])} |"
                    f" {result['ratio_to_envpool']:.2f} |",
                    flush=True,
                )
    if arguments.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
