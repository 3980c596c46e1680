# SPDX-License-Identifier: Apache-2.0
"""A Docker engine with compose and the base image, for compose-smoke."""
import os
import re
import shutil
import subprocess

from compose_cluster import ROOT, NoEngine

OLDEST_COMPOSE = (2, 26)
OFFLINE = ROOT / "scripts/offline"


def answers(*command):
    """What the command prints, or None if it cannot be run or fails."""
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def offline(script, *arguments):
    done = subprocess.run(
        [OFFLINE / script, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoEngine(f"scripts/offline/{script} failed")
    return done.stdout


class Engine:
    """The engine that answers, or one that it starts and stops."""

    def __init__(self):
        self._started = False

    def start(self, registry):
        """Raises NoEngine where there is none and none can be started."""
        if answers("docker", "version") is None:
            if os.geteuid() != 0:
                raise NoEngine("no Docker engine answers, and only root starts one")
            said = offline("start-docker", "--env")
            os.environ["DOCKER_HOST"] = re.search(r"DOCKER_HOST=(\S+)", said)[1]
            self._started = True
        version = answers("docker", "compose", "version", "--short") or ""
        if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_COMPOSE:
            offline("get-docker-plugins")
        if not registry:
            offline("make-base-image")

    def stop(self):
        """Stops the engine if this started it; its images stay for next time."""
        if self._started:
            offline("stop-docker")
            self._started = False
