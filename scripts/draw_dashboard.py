#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the dashboard's panels from what a live Prometheus holds.

  scripts/draw_dashboard.py --prometheus http://127.0.0.1:9090 --output docs/images

writes, for a light and a dark page, dashboard-*.svg (a few panels, large) and
dashboard-all-*.svg (every panel of the dashboard file, as Grafana lays them
out), with the queries' answers over the run so far. Dotted lines are new starts
of learner and shards. Standard library only.
"""
import argparse
import json
import pathlib
import re
import time

import check_dashboard
import panel_svg
from panel_svg import Axis, Curve, text
from prometheus_api import Prometheus

COLUMN, LINE = 60, 30  # Pixels of Grafana's grid.
GAP = 8  # Between panels.
EDGE = 12  # Around all of them.
POINTS = 240  # Of a curve.
SCRAPE = 5.0  # Seconds between scrapes.
# What one picture should show.
HIGHLIGHTS = (
    "Return, both action modes",
    "Entropy against its target",
    "Temperature alpha",
    "Rows per second",
    "Updates per step",
    "Where the learner's time goes",
    "Actors wait for",
    "Policy age",
    "Processes that answer",
)
HIGHLIGHTS_IN_LINE, HIGHLIGHTS_WIDTH = 3, 18
STARTED = "min(sac_process_start_time_seconds{job=~\"learner|replay\"})"


def legend_name(template, labels):
    return re.sub(
        r"\{\{\s*(\w+)\s*\}\}", lambda match: labels.get(match[1], ""), template
    ) or ", ".join(labels.values())


def curves_of(panel, prometheus, axis):
    """The answers to a panel's queries, by name."""
    step = max(SCRAPE, (axis.end - axis.start) / POINTS)
    # As Grafana chooses it: four scrapes, or a point and a scrape.
    window = f"{max(4 * SCRAPE, step + SCRAPE):.0f}s"
    curves = []
    for target in panel["targets"]:
        expression = check_dashboard.substitute(
            target["expr"], {"__rate_interval": window}
        )
        for labels, points in prometheus.series(
            expression, axis.start, axis.end, step
        ):
            name = legend_name(target["legendFormat"], labels)
            level = target["legendFormat"] in ("target", "capacity")
            curves.append(Curve(name, points, level))
    return curves


def starts(prometheus, begin, end):
    """When a learner or shard started again: the start times that occur."""
    series = prometheus.series(
        'sac_process_start_time_seconds{job=~"learner|replay"}', begin, end, 5
    )
    times = {value for _, points in series for _, value in points}
    return tuple(sorted(when for when in times if begin + 5 < when < end))


def draw_panel(panel, left, top, curves, axis, scheme):
    grid = panel["gridPos"]
    box = (
        left + grid["x"] * COLUMN + GAP / 2,
        top,
        grid["w"] * COLUMN - GAP,
        grid["h"] * LINE - GAP,
    )
    defaults = panel["fieldConfig"]["defaults"]
    arguments = (*box, panel["title"], defaults["unit"], curves, axis, scheme)
    if panel["type"] == "stat":
        by_name = panel["options"]["textMode"] == "name"
        if by_name:  # A series for each state: that of now.
            curves.sort(key=lambda curve: curve.points[-1][0], reverse=True)
        return panel_svg.draw_stat(*arguments, by_name=by_name)
    custom = defaults["custom"]
    return panel_svg.draw_graph(
        *arguments,
        stacked=custom["stacking"]["mode"] == "normal",
        low=custom.get("axisSoftMin"),
        high=custom.get("axisSoftMax"),
    )


def highlights_of(drawn):
    """One section of the panels named above, in lines of their own."""
    by_title = {
        panel["title"]: (panel, curves)
        for _, panels in drawn
        for panel, curves in panels
        if panel["type"] == "timeseries"
    }
    chosen = []
    for place, title in enumerate(HIGHLIGHTS):
        panel, curves = by_title[title]
        line, column = divmod(place, HIGHLIGHTS_IN_LINE)
        width = HIGHLIGHTS_WIDTH // HIGHLIGHTS_IN_LINE
        grid = {"x": column * width, "y": line * 7, "w": width, "h": 7}
        chosen.append(({**panel, "gridPos": grid}, curves))
    return [("", chosen)]


def draw(sections, axis, scheme, columns=check_dashboard.COLUMNS):
    """The page: `sections` are (title, [(panel, curves)...])."""
    width = columns * COLUMN + 2 * EDGE
    out, y = [], EDGE
    for title, panels in sections:
        if title:
            heading = (EDGE + GAP, y + 22, title, scheme.text, 16)
            out.append(text(*heading, weight=600))
            y += 34
        first = min(panel["gridPos"]["y"] for panel, _ in panels)
        for panel, curves in panels:
            top = y + (panel["gridPos"]["y"] - first) * LINE
            out += draw_panel(panel, EDGE, top, curves, axis, scheme)
        lowest = max(
            panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel, _ in panels
        )
        y += (lowest - first) * LINE + 6
    height = y + EDGE - 6
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="{panel_svg.FONT}">',
            f'<rect width="{width}" height="{height}" fill="{scheme.ground}"/>',
            *out,
            "</svg>\n",
        ]
    )


def sections_of(dashboard):
    """(row's title, its panels) of each row."""
    sections = []
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            sections.append((panel["title"], []))
        else:
            sections[-1][1].append(panel)
    return sections


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--output", default=".", type=pathlib.Path)
    parser.add_argument(
        "--minutes", type=float, help="only the newest (default: the whole run)"
    )
    arguments = parser.parse_args()
    prometheus = Prometheus(arguments.prometheus)
    dashboard = json.loads(check_dashboard.DASHBOARD.read_text())
    end = time.time()
    if arguments.minutes:
        start = end - 60 * arguments.minutes
    else:  # The oldest start that Prometheus has seen, up to a day back.
        ever = prometheus.series(f"min_over_time(({STARTED})[1d:15s])")
        start = ever[0][1][-1][1]
    axis = Axis(start, end, starts(prometheus, start, end))
    drawn = [
        (title, [(panel, curves_of(panel, prometheus, axis)) for panel in panels])
        for title, panels in sections_of(dashboard)
    ]
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, scheme in (("light", panel_svg.LIGHT), ("dark", panel_svg.DARK)):
        for kind, page in (
            ("dashboard-all", draw(drawn, axis, scheme)),
            (
                "dashboard",
                draw(highlights_of(drawn), axis, scheme, HIGHLIGHTS_WIDTH),
            ),
        ):
            file = arguments.output / f"{kind}-{name}.svg"
            file.write_text(page)
            print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
