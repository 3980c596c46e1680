#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes configs/panels/pendulum.textproto from the golden Pendulum panel.

  scripts/make_pendulum_panel.py > configs/panels/pendulum.textproto

The panel's starts are given as states (theta, theta_dot), so that the panel
does not depend on how an environment turns a seed into a state. The hash is
FNV-1a 64 over the environment's description, as EnvironmentHash computes it;
tests/evaluation/panel_test.cc checks that the two agree.
"""
import argparse
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/data/env_golden/pendulum_panel.json"

# DescribeEnvironment({.name = "Pendulum-v1"}).
ENVIRONMENT = "Pendulum-v1"
DESCRIPTION = "Pendulum-v1 max_episode_steps:200 action_low:[-2] action_high:[2]"

# An episode within this of the best return known from its start is a success:
# room for action noise and imperfect balancing, while a policy that never gets
# the pendulum up loses about 1000.
WITHIN_OF_REFERENCE = 50


def fnv1a_64(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def start_text(start):
    state = f"[{start['theta']!r}, {start['theta_dot']!r}]"
    reference = f"{start['best_return']!r}"
    return f"starts {{ state: {state} reference_return: {reference} }}"


def panel_text(golden, environment_hash):
    lines = [
        "# SPDX-License-Identifier: Apache-2.0",
        "# Pendulum-v1 from 100 fixed starts: state = theta [rad] and theta_dot",
        "# [rad/s]; reference_return = the best return achieved from there by a",
        "# dynamic-programming policy and a small search around it (a lower bound",
        "# of the optimum). Made by scripts/make_pendulum_panel.py.",
        f'environment: "{ENVIRONMENT}"',
        f'environment_hash: "{environment_hash}"',
        f"success {{ within_of_reference: {WITHIN_OF_REFERENCE} }}",
    ]
    lines += [start_text(start) for start in golden["starts"]]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--golden", type=pathlib.Path, default=GOLDEN)
    parser.add_argument(
        "--environment_hash",
        default=f"{fnv1a_64(DESCRIPTION):016x}",
        help="16 hexadecimal digits (default: Pendulum-v1 as it comes)",
    )
    args = parser.parse_args()
    golden = json.loads(args.golden.read_text())
    print(panel_text(golden, args.environment_hash), end="")


if __name__ == "__main__":
    main()
