#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks Grafana dashboards without Grafana. Standard library only.

usage: check_dashboard.py [options] DASHBOARD.json...

Always: ids are unique, panels lie inside the grid and do not overlap, each has
a title, a unit, a description and queries, each data source is provisioned,
each variable is one that is replaced, each label of a legend survives the
query's aggregation.
--metrics, --rules: each metric that a query names is one of docs/metrics.md or
recorded by Prometheus' rules.
--prometheus: each query returns data there.
Exit status: 0 nothing found, 1 problems (one line each), 2 bad arguments.
"""
import argparse
import json
import pathlib
import re
import sys

from prometheus_api import Prometheus, PrometheusError

ROOT = pathlib.Path(__file__).resolve().parent.parent
DASHBOARD = ROOT / "deploy/grafana/dashboards/softfleet.json"
DATASOURCES = ROOT / "deploy/grafana/provisioning/datasources"
RULES = ROOT / "deploy/prometheus/rules.yml"
METRICS = ROOT / "docs/metrics.md"

COLUMNS = 24
# What Grafana puts in for its own variables, over a short range.
VARIABLES = {"__rate_interval": "1m", "__interval": "15s", "__range": "5m"}
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
METRIC = re.compile(r"\b(?:sac_\w+|ALERTS|up|\w+:\w+:\w+)\b")
HISTOGRAM_SUFFIX = re.compile(r"_(bucket|sum|count)$")
POSITION = ("x", "y", "w", "h")


def substitute(expression, variables=None):
    """`expression` with Grafana's variables replaced."""
    values = {**VARIABLES, **(variables or {})}
    return VARIABLE.sub(
        lambda match: values.get(match[1], match[0]), expression
    )


def all_panels(dashboard):
    """Panels with queries; those of collapsed rows lie inside the row."""
    for panel in dashboard.get("panels", []):
        inner = panel.get("panels", [])
        yield from inner
        if panel.get("type") != "row":
            yield panel


def queries(dashboard):
    """(panel's title, expression, legend) of every query."""
    for panel in all_panels(dashboard):
        for target in panel.get("targets", []):
            yield (
                panel.get("title", ""),
                target.get("expr", ""),
                target.get("legendFormat", ""),
            )


def metrics_in(text):
    """Names of metrics and recorded series in PromQL or a rules file."""
    without_strings = re.sub(r"\"[^\"]*\"|'[^']*'", '""', text)
    return set(METRIC.findall(without_strings))


def provisioned_uids(folder):
    """uids of the data sources in provisioning files; a scan of lines, so
    that no YAML library is needed."""
    return {
        uid
        for file in sorted(pathlib.Path(folder).glob("*.y*ml"))
        for uid in re.findall(
            r"^\s*(?:-\s*)?uid:\s*[\"']?([\w-]+)", file.read_text(), re.MULTILINE
        )
    }


def documented_metrics(page):
    return set(re.findall(r"\bsac_\w+", pathlib.Path(page).read_text()))


def recorded_series(rules):
    return set(
        re.findall(r"^\s*-?\s*record:\s*(\S+)", rules, re.MULTILINE)
    )


def without_comments(yaml):
    return re.sub(r"^\s*#.*$", "", yaml, flags=re.MULTILINE)


def overlap(a, b):
    return (
        a["x"] < b["x"] + b["w"]
        and b["x"] < a["x"] + a["w"]
        and a["y"] < b["y"] + b["h"]
        and b["y"] < a["y"] + a["h"]
    )


def layout_problems(panels):
    placed = []
    for panel in panels:
        where = f"panel {panel.get('id')} ({panel.get('title', '')})"
        grid = panel.get("gridPos") or {}
        if any(not isinstance(grid.get(key), int) for key in POSITION):
            yield f"{where}: no gridPos"
            continue
        if grid["x"] < 0 or grid["x"] + grid["w"] > COLUMNS:
            yield f"{where}: outside of the {COLUMNS} columns"
        for other, other_grid in placed:
            if overlap(grid, other_grid):
                yield f"{where}: lies over {other}"
        placed.append((where, grid))


def legend_problems(expression, legend):
    """A label in the legend that the outermost aggregation drops."""
    wanted = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", legend))
    kept = re.match(r"(?:sum|avg|max|min|count) by \(([^)]*)\)", expression)
    bare = re.match(r"(?:sum|avg|max|min|count)\s*\(", expression)
    if kept:
        lost = wanted - {label.strip() for label in kept[1].split(",")}
    else:
        lost = wanted if bare else set()
    for label in sorted(lost):
        yield f"the legend's {label} is no label of {expression}"


def panel_problems(panel, uids):
    for key in ("title", "description"):
        if not panel.get(key):
            yield f"no {key}"
    if not panel.get("fieldConfig", {}).get("defaults", {}).get("unit"):
        yield 'no unit (a number without one has "short" or "none")'
    wanted = panel.get("targets", [])
    if not wanted:
        yield "no queries"
    names = [target.get("refId") for target in wanted]
    if len(set(names)) != len(names) or None in names:
        yield f"refIds are missing or repeated: {names}"
    for target in wanted:
        expression = target.get("expr", "")
        if not expression.strip():
            yield f"query {target.get('refId')} is empty"
        source = target.get("datasource") or panel.get("datasource") or {}
        if source.get("uid") not in uids:
            yield f"data source {source.get('uid')!r} is not provisioned"
        unknown = set(VARIABLE.findall(expression)) - set(VARIABLES)
        if unknown:
            yield f"unknown variables: {', '.join(sorted(unknown))}"
        yield from legend_problems(expression, target.get("legendFormat", ""))


def static_problems(dashboard, uids):
    """What is wrong with the file, whatever Prometheus holds."""
    for key in ("title", "uid", "schemaVersion", "panels"):
        if not dashboard.get(key):
            yield f"no {key}"
    if dashboard.get("id") is not None:
        yield "id must be null in a provisioned dashboard"
    if "__inputs" in dashboard:
        yield "__inputs: made by an export for sharing, not provisioned"
    panels = dashboard.get("panels", [])
    rows = [panel for panel in panels if panel.get("type") == "row"]
    ids = [panel.get("id") for panel in [*rows, *all_panels(dashboard)]]
    for number in sorted({n for n in ids if ids.count(n) > 1}, key=str):
        yield f"panel id {number} is used more than once"
    yield from layout_problems(panels)
    for panel in all_panels(dashboard):
        for problem in panel_problems(panel, uids):
            yield f"panel {panel.get('id')} ({panel.get('title', '')}): {problem}"
    for note in dashboard.get("annotations", {}).get("list", []):
        if (note.get("datasource") or {}).get("uid") not in uids:
            yield f"annotation {note.get('name')}: data source not provisioned"


def name_problems(names, documented, recorded):
    """Names that nobody exports or records."""
    for name in sorted(names - recorded - {"ALERTS", "up"}):
        base = HISTOGRAM_SUFFIX.sub("", name)
        if name not in documented and base not in documented:
            yield f"{name} is neither documented nor recorded"


def live_problems(dashboard, prometheus):
    """Queries that fail or return nothing."""
    for title, expression, _ in queries(dashboard):
        try:
            if not prometheus.series(substitute(expression)):
                yield f"{title}: no data: {substitute(expression)}"
        except PrometheusError as error:
            yield f"{title}: {error}: {substitute(expression)}"


def check(path, arguments):
    try:
        dashboard = json.loads(pathlib.Path(path).read_text())
    except ValueError as error:
        return [f"not JSON: {error}"]
    problems = list(
        static_problems(dashboard, provisioned_uids(arguments.datasources))
    )
    rules = without_comments(arguments.rules.read_text())
    texts = [expression for _, expression, _ in queries(dashboard)]
    texts += [
        note.get("expr", "")
        for note in dashboard.get("annotations", {}).get("list", [])
    ]
    problems += name_problems(
        metrics_in("\n".join([*texts, rules])),
        documented_metrics(arguments.metrics),
        recorded_series(rules),
    )
    if arguments.prometheus:
        problems += live_problems(dashboard, Prometheus(arguments.prometheus))
    return problems


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dashboards", nargs="*", default=[DASHBOARD])
    parser.add_argument("--datasources", type=pathlib.Path, default=DATASOURCES)
    parser.add_argument("--metrics", type=pathlib.Path, default=METRICS)
    parser.add_argument("--rules", type=pathlib.Path, default=RULES)
    parser.add_argument("--prometheus", help="URL of a live Prometheus")
    arguments = parser.parse_args()
    found = 0
    for path in arguments.dashboards:
        problems = check(path, arguments)
        for problem in problems:
            print(f"{path}: {problem}")
        found += len(problems)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
