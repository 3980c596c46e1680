# SPDX-License-Identifier: Apache-2.0
"""What compose-smoke does to a cluster and expects of it, in order."""
import json
import subprocess
import sys
import time

import check_dashboard
from compose_cluster import PROGRAMS, ROOT, SmokeFailure

ACTORS_AT_FIRST, ACTORS = 2, 6
# Too long to finish by itself meanwhile, with evaluations and checkpoints every
# few seconds.
LONG_RUN = (
    "--set total_steps=1000000 --set evaluation.interval=500 "
    "--set checkpoint_interval=2000"
)
SECONDS_TO_RUN = 120  # To the first updates, evaluation and checkpoint.
SECONDS_TO_SCALE = 60
SECONDS_FOR_QUERIES = 120
SECONDS_TO_RECOVER = 120
SECONDS_TO_FINISH = 120
# Updates that count as advancing: more than could be a scrape's delay.
SOME_UPDATES = 50
ROWS_TO_FINISH = 3000

UPDATES = "max(sac_learner_run_updates)"
VERSION = "max(sac_learner_snapshot_version)"
RECEIVED = "max(sac_learner_run_steps)"
# Falls of a policy's version as any process saw it. Containers that were
# replaced have other addresses; a process that restarts begins at 0 and is
# left out by looking at the actors only, which are not killed.
VERSION_FALLS = "sum(resets(sac_actor_policy_version[1h]))"


class Scenario:
    def __init__(self, cluster):
        self._cluster = cluster
        self._prometheus = cluster.prometheus
        self._begin = time.monotonic()
        self._counts = {}

    def summary(self):
        """The counts so far, on one line."""
        facts = [f"{value} {key}" for key, value in self._counts.items()]
        seconds = time.monotonic() - self._begin
        return ", ".join([*facts, f"{seconds:.0f} s"])

    def _say(self, text):
        print(f"[{time.monotonic() - self._begin:6.1f} s] {text}", flush=True)

    def _wait(self, holds, seconds, what):
        took = self._cluster.wait_until(holds, seconds, what)
        self._say(f"{what} (after {took:.0f} s)")
        return took

    def _value(self, expression):
        value = self._prometheus.value(expression)
        if value is None:
            raise SmokeFailure(f"no data: {expression}")
        return value

    def _healthy_actors(self):
        return len(self._prometheus.healthy_targets().get("actor", []))

    def _updates_advance(self, what):
        before = self._value(UPDATES)
        return self._wait(
            lambda: self._value(UPDATES) > before + SOME_UPDATES,
            SECONDS_TO_RECOVER,
            what,
        )

    def check_rules(self):
        """The image's promtool takes the configuration and the rules' tests."""
        promtool = ("run", "--rm", "--no-deps", "--entrypoint", "promtool")
        folder = "/etc/prometheus"
        for arguments in (
            ("check", "config", f"{folder}/prometheus.yml"),
            ("test", "rules", f"{folder}/rules_test.yml"),
        ):
            self._cluster.compose(*promtool, "prometheus", *arguments)
        self._say("promtool: configuration and rules are right")

    def start(self, config):
        """Two actors, everything healthy, the run learning."""
        self._cluster.set(SOFTFLEET_SET=LONG_RUN, SOFTFLEET_CONFIG=config)
        self._cluster.up(ACTORS_AT_FIRST)
        containers = self._cluster.containers()
        self._counts["containers"] = len(containers) - ACTORS_AT_FIRST + ACTORS
        self._say(f"healthy: {', '.join(containers)}")
        self._wait(
            lambda: self._value(UPDATES) > 0
            and self._value("max(sac_learner_checkpoints_total)") > 0
            and self._value("max(sac_evaluations_total)") > 0,
            SECONDS_TO_RUN,
            "updates, an evaluation and a checkpoint",
        )

    def scale(self):
        """Four actors more; all of them step, and updates go on."""
        self._cluster.up(ACTORS)
        self._wait(
            lambda: self._healthy_actors() == ACTORS,
            SECONDS_TO_SCALE,
            f"Prometheus sees {ACTORS} actors",
        )
        self._wait(
            lambda: self._value(
                "count(increase(sac_actor_steps_total[20s]) > 0 "
                "and sac_actor_policy_version > 0)"
            )
            == ACTORS,
            SECONDS_TO_SCALE,
            "all of them act on a policy",
        )
        self._updates_advance("updates advance")
        self._counts["actors"] = ACTORS

    def ask_every_query(self):
        """Each query of each panel returns data."""
        dashboard = json.loads(check_dashboard.DASHBOARD.read_text())
        panels = list(check_dashboard.all_panels(dashboard))
        missing = []

        def all_answered():
            missing[:] = check_dashboard.live_problems(dashboard, self._prometheus)
            return not missing

        try:
            self._wait(
                all_answered,
                SECONDS_FOR_QUERIES,
                "every query of the dashboard returns data",
            )
        except SmokeFailure as error:
            raise SmokeFailure("\n  ".join([str(error), *missing])) from None
        self._counts["panels"] = len(panels)
        self._counts["queries"] = len(list(check_dashboard.queries(dashboard)))

    def watch(self, seconds):
        """Lets the run go on undisturbed."""
        if seconds:
            self._say(f"watching for {seconds:.0f} s")
            time.sleep(seconds)

    def draw(self, folder):
        """Pictures of the dashboard over the run so far."""
        done = subprocess.run(
            [
                *(sys.executable, "-B", ROOT / "scripts/draw_dashboard.py"),
                *("--prometheus", self._prometheus.url, "--output", folder),
            ],
            check=False,
        )
        if done.returncode != 0:
            raise SmokeFailure("the dashboard could not be drawn")

    def kill(self, service):
        """SIGKILL; the container comes back, learning goes on, no policy
        version falls."""
        started = f'max(sac_process_start_time_seconds{{instance="{service}"}})'
        (container,) = self._cluster.containers(service)
        restarts = self._cluster.inspect(container)["RestartCount"]
        before = {name: self._value(name) for name in (VERSION, started)}
        begin = time.monotonic()
        self._cluster.kill(container)
        self._say(f"killed {service} at policy version {before[VERSION]:.0f}")

        def back():
            state = self._cluster.inspect(container)
            return (
                state["RestartCount"] > restarts
                and state["State"]["Health"]["Status"] == "healthy"
                and self._value(started) > before[started]
            )

        self._wait(back, SECONDS_TO_RECOVER, f"{service} is back and healthy")
        self._wait(
            lambda: self._value("sum(sac_replay_attached)") == 2
            and self._value("sum(sac_learner_shards_attached)") == 2,
            SECONDS_TO_RECOVER,
            "both shards are attached",
        )
        self._updates_advance("updates advance again")
        self._wait(
            lambda: self._value(VERSION) > before[VERSION]
            and self._value("min(sac_actor_policy_version)") >= before[VERSION],
            SECONDS_TO_RECOVER,
            "actors act on newer policies",
        )
        falls = self._value(VERSION_FALLS)
        if falls:
            raise SmokeFailure(f"policy versions fell {falls:.0f} times")
        lost = self._prometheus.value("sum(sac_rows_lost_total)") or 0
        self._say(f"rows lost and counted so far: {lost:.0f}")
        seconds = time.monotonic() - begin
        self._counts[f"s to recover from kill -9 of {service}"] = round(seconds)

    def finish(self):
        """With few steps left the run ends by itself: learner, actors and
        evaluator exit 0 and stay down; the shards do so when they are told."""
        total = int(self._value(RECEIVED)) + ROWS_TO_FINISH
        self._cluster.set(SOFTFLEET_SET=f"--set total_steps={total}")
        self._cluster.compose("up", "-d", "--no-build", "--no-deps", "learner")
        ending = self._cluster.containers("learner", "evaluator", "actor")

        def ended():
            states = [self._cluster.inspect(name)["State"] for name in ending]
            return all(state["Status"] == "exited" for state in states)

        self._wait(ended, SECONDS_TO_FINISH, "the run is finished, its programs end")
        self._cluster.compose("stop", *PROGRAMS)
        everyone = self._cluster.containers(*PROGRAMS)
        for name in everyone:
            code = self._cluster.inspect(name)["State"]["ExitCode"]
            if code != 0:
                raise SmokeFailure(f"{name} ended with exit code {code}")
        self._say(f"{len(everyone)} programs ended with exit code 0")
