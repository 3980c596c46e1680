#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Steps per second of Gymnasium's environments in Softfleet, beside plain
Python and Gymnasium's AsyncVectorEnv, in turn on the same cores.

  benchmarks/compare_bridge.py --python ~/.cache/softfleet/python-tests/bin/python

"plain" is a loop over step() in one process, without Gymnasium's checker, the
fastest there is in Python. Each round measures everything once; the table has
the medians over the rounds, with the smallest and the largest.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

NAMES = ["Pendulum-v1", "CartPole-v1", "LunarLanderContinuous-v3", "HalfCheetah-v5"]
HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(HERE, "peer_environments.py")


def run(command, python):
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),  # MuJoCo's bindings write a log there
        env=os.environ | {"SOFTFLEET_PYTHON": python, "OMP_NUM_THREADS": "1"},
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
    return json.loads(done.stdout)["steps_per_second"]


def measure(arguments, name, count):
    seconds = f"--seconds={arguments.seconds}"
    many = f"--environments={count}"
    # Found here, run elsewhere.
    python = os.path.abspath(shutil.which(arguments.python) or arguments.python)
    ways = {
        "plain": [python, PEER, "gymnasium", name, seconds, "--unchecked"],
        "bridge": [os.path.abspath(arguments.program), "--json", name, seconds, many],
        "vector": [python, PEER, "vector", name, seconds, many],
    }
    rates = {way: [] for way in ways}
    for _ in range(arguments.rounds):
        for way, command in ways.items():
            rates[way].append(run(command, python))
    return rates


def cell(rates):
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--python", required=True, help="with gymnasium")
    parser.add_argument(
        "--program",
        default=os.path.join(HERE, "../build/release/benchmarks/gymnasium_bridge"),
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("names", nargs="*", default=NAMES)
    arguments = parser.parse_args()
    print("| environment | environments | plain Python, one process | Softfleet |"
          " AsyncVectorEnv | Softfleet adds per step, µs |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.names:
        for count in (1, 4):
            rates = measure(arguments, name, count)
            plain, bridge = (statistics.median(rates[w]) for w in ("plain", "bridge"))
            added = f"{1e6 / bridge - 1e6 / plain:.1f}" if count == 1 else ""
            print(
                f"| {name} | {count} | {cell(rates['plain'])} |"
                f" {cell(rates['bridge'])} | {cell(rates['vector'])} | {added} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
