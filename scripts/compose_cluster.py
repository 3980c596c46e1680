# SPDX-License-Identifier: Apache-2.0
"""The cluster of docker-compose.yml under compose-smoke: a project of its own,
with image tags and ports that meet no other."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from prometheus_api import Prometheus

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = "softfleet-smoke"
PROGRAMS = ("replay-0", "replay-1", "learner", "evaluator", "actor")
STAGED = "build/image"  # Where the Dockerfile looks for PROGRAMS=host.

SECONDS_TO_BECOME_HEALTHY = 180
SECONDS_BETWEEN_LOOKS = 1.0


class SmokeFailure(Exception):
    """What was expected, and what came instead."""


class NoEngine(Exception):
    """Why there is no Docker engine."""


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    """`files`: compose files, the first one the real one."""

    def __init__(self, files):
        self._files = files
        self._staged = False
        self._prometheus_port, self._grafana_port = free_ports(2)
        self._settings = {
            "SOFTFLEET_TAG": "0.1.0-smoke",
            "SOFTFLEET_PROGRAMS": "source",
            "PROMETHEUS_PORT": str(self._prometheus_port),
            "GRAFANA_PORT": str(self._grafana_port),
        }
        self.prometheus = Prometheus(f"http://127.0.0.1:{self._prometheus_port}")

    def describe_access(self):
        return (
            f"Prometheus {self.prometheus.url}; "
            f"remove with docker compose -p {PROJECT} down -v"
        )

    def set(self, **settings):
        """Variables of docker-compose.yml."""
        self._settings.update(settings)

    def _command(self, *arguments):
        files = [word for file in self._files for word in ("-f", file)]
        project = ["--project-directory", str(ROOT), "-p", PROJECT]
        return ["docker", "compose", *project, *files, *arguments]

    def compose(self, *arguments, quiet=True):
        """What `docker compose` with these arguments prints."""
        done = subprocess.run(
            self._command(*arguments),
            cwd=ROOT,
            env={**os.environ, **self._settings},
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or "").strip()
            raise SmokeFailure(f"docker compose {' '.join(arguments)}: {said}")
        return done.stdout

    def build(self, folder):
        """Builds the images: from the programs in `folder`, or compiling them
        if it is None."""
        if folder is not None:
            self._staged = True
            done = subprocess.run(
                ["scripts/stage-image-programs", folder, STAGED],
                cwd=ROOT,
                check=False,
            )
            if done.returncode != 0:
                raise SmokeFailure(f"there are no programs in {folder}")
            self.set(SOFTFLEET_PROGRAMS="host")
        self.compose("build", "--quiet", quiet=False)

    def up(self, actors, *services):
        """Starts what does not run and waits until all of it is healthy."""
        self.compose(
            *("up", "-d", "--no-build", "--no-recreate", "--wait"),
            *("--wait-timeout", str(SECONDS_TO_BECOME_HEALTHY)),
            *("--scale", f"actor={actors}"),
            *services,
        )

    def containers(self, *services):
        """The names of the services' containers, running or not."""
        listed = self.compose("ps", "-a", "--format", "{{.Name}}", *services)
        return sorted(listed.split())

    def inspect(self, container):
        """Docker's description of a container."""
        done = subprocess.run(
            ["docker", "inspect", container],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SmokeFailure(done.stderr.strip())
        return json.loads(done.stdout)[0]

    def kill(self, container):
        """SIGKILL to the container's process, as a crash would end it."""
        os.kill(self.inspect(container)["State"]["Pid"], signal.SIGKILL)

    def wait_until(self, holds, seconds, what):
        """Waits for `holds()`; returns the seconds it took. A SmokeFailure or
        PrometheusError on the way means not yet."""
        begin = time.monotonic()
        last = ""
        while time.monotonic() - begin < seconds:
            try:
                if holds():
                    return time.monotonic() - begin
            except Exception as error:  # pylint: disable=broad-except
                last = f" ({error})"
            time.sleep(SECONDS_BETWEEN_LOOKS)
        raise SmokeFailure(f"not within {seconds} s: {what}{last}")

    def show_state(self):
        """What somebody wants to see after a failure."""
        for arguments in (("ps", "-a"), ("logs", "--tail", "25", *PROGRAMS)):
            try:
                self.compose(*arguments, quiet=False)
            except SmokeFailure as error:
                print(error)

    def remove(self):
        """Removes containers, networks, volumes and what was staged."""
        try:
            self.compose("down", "-v", "--remove-orphans", "--timeout", "20")
        finally:
            if self._staged:
                shutil.rmtree(ROOT / STAGED, ignore_errors=True)
