#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Grafana's dashboard "Softfleet" from run_panels.py,
cluster_panels.py and environment_panels.py.

  scripts/make_dashboard.py > deploy/grafana/dashboards/softfleet.json

A test checks that the committed file is what this prints, and
check_dashboard.py that the dashboard is sound.
"""
import json
import sys

from cluster_panels import FLOW, HEALTH, STORAGE, WAITING
from environment_panels import ENVIRONMENTS
from grafana_panels import DATASOURCE, RED, YELLOW
from run_panels import LEARNING, RUN

COLUMNS = 24  # Of Grafana's grid.

# Title, panels, columns and lines of a panel.
ROWS = [
    ("Run", RUN, 3, 4),
    ("Learning", LEARNING, 6, 7),
    ("Flow", FLOW, 6, 7),
    ("Waiting", WAITING, 6, 7),
    ("Environments", ENVIRONMENTS, 6, 7),
    ("Storage", STORAGE, 6, 7),
    ("Health", HEALTH, 6, 7),
]


def lay_out(rows):
    """All panels with ids and positions, each row under its heading."""
    placed, y = [], 0

    def add(panel, x, y, width, height):
        position = {"x": x, "y": y, "w": width, "h": height}
        placed.append({"id": len(placed) + 1, "gridPos": position, **panel})

    for title, panels, width, height in rows:
        heading = {"type": "row", "title": title, "collapsed": False, "panels": []}
        add(heading, 0, y, COLUMNS, 1)
        y += 1
        in_line = COLUMNS // width
        for number, panel in enumerate(panels):
            line, place = divmod(number, in_line)
            add(panel, place * width, y + line * height, width, height)
        y += -(-len(panels) // in_line) * height
    return placed


def annotation(name, color, expression, title):
    return {
        "name": name,
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": color,
        "expr": expression,
        "step": "5s",
        "titleFormat": title,
    }


def dashboard():
    return {
        "uid": "softfleet",
        "title": "Softfleet",
        "description": "A run of Softfleet: what it learns, how rows and "
        "policies flow, who waits for whom. Made by scripts/make_dashboard.py.",
        "tags": ["softfleet"],
        "id": None,
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "time": {"from": "now-15m", "to": "now"},
        "refresh": "5s",
        "annotations": {
            "list": [
                annotation(
                    "Starts",
                    YELLOW,
                    "changes(sac_process_start_time_seconds"
                    '{job=~"learner|replay"}[15s]) > 0',
                    "{{instance}} started",
                ),
                annotation(
                    "Alerts",
                    RED,
                    'ALERTS{alertstate="firing"}',
                    "{{alertname}}",
                ),
            ]
        },
        "templating": {"list": []},
        "panels": lay_out(ROWS),
    }


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=2)
    sys.stdout.write("\n")
