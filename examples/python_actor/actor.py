# SPDX-License-Identifier: Apache-2.0
"""An actor of a run, in Python: steps a Gymnasium environment until the run
has ended. README.md says how to run it."""

import argparse
import logging
import signal
import sys
from types import FrameType

import gymnasium

import softfleet


def stop(signal_number: int, frame: FrameType | None) -> None:
    """Ctrl-C and SIGTERM: what was recorded is sent first."""
    sys.exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", help='a Gymnasium id: "Pendulum-v1"')
    parser.add_argument("--learner", default="127.0.0.1:7200")
    parser.add_argument("--name", help="what the logs of others call it")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)

    environment = gymnasium.make(arguments.environment)
    actor = softfleet.Actor(arguments.learner, name=arguments.name)
    actor.run(environment)


if __name__ == "__main__":
    main()
