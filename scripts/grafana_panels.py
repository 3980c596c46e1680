# SPDX-License-Identifier: Apache-2.0
"""Grafana's JSON of the kinds of panel that the dashboard uses."""

DATASOURCE = {"type": "prometheus", "uid": "prometheus"}

# Colours that the colour-blind tell apart (after Okabe and Ito 2008).
BLUE, ORANGE, GREEN, PURPLE = "#3d9be0", "#e0803d", "#2fae86", "#c27fba"
GREY, RED, YELLOW = "#8e959d", "#e0524a", "#d8b13a"


def fixed(name, color, dashed=False):
    """Overrides of the series called `name`: a colour, a dashed thin line."""
    properties = [
        {"id": "color", "value": {"mode": "fixed", "fixedColor": color}}
    ]
    if dashed:
        properties += [
            {
                "id": "custom.lineStyle",
                "value": {"fill": "dash", "dash": [6, 6]},
            },
            {"id": "custom.fillOpacity", "value": 0},
        ]
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": properties,
    }


# Series of these names look the same in every panel.
STYLES = [
    fixed("deterministic", BLUE),
    fixed("stochastic", ORANGE),
    fixed("target", GREY, dashed=True),
    fixed("capacity", GREY, dashed=True),
]


def targets(queries):
    """`queries`: pairs of PromQL and the legend ({{label}} is filled in)."""
    return [
        {
            "refId": chr(ord("A") + number),
            "datasource": DATASOURCE,
            "expr": " ".join(expression.split()),
            "legendFormat": legend,
            "range": True,
        }
        for number, (expression, legend) in enumerate(queries)
    ]


def graph(title, unit, description, *queries, stack=False, low=None, high=None):
    """Curves over time. `low`, `high`: the axis reaches at least so far."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 2,
        "fillOpacity": 30 if stack else 6,
        "showPoints": "never",
        "spanNulls": 60000,
        "stacking": {"mode": "normal" if stack else "none", "group": "A"},
        "axisPlacement": "auto",
    }
    if low is not None:
        custom["axisSoftMin"] = low
    if high is not None:
        custom["axisSoftMax"] = high
    names = {legend for _, legend in queries} | (
        {"deterministic", "stochastic"}
        if any(legend == "{{mode}}" for _, legend in queries)
        else set()
    )
    return {
        "type": "timeseries",
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "color": {"mode": "palette-classic"},
                "custom": custom,
            },
            "overrides": [
                style for style in STYLES if style["matcher"]["options"] in names
            ],
        },
        "options": {
            "legend": {
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": True,
                "calcs": ["lastNotNull"],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": targets(queries),
    }


def stat(title, unit, description, query, legend="", by_name=False, steps=None):
    """One large number, the newest. `by_name`: the series' name instead.
    `steps`: pairs of a colour and the value from which it is used."""
    thresholds = [
        {"color": color, "value": value}
        for color, value in (steps or [(BLUE, None)])
    ]
    return {
        "type": "stat",
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "color": {"mode": "thresholds"},
                "thresholds": {"mode": "absolute", "steps": thresholds},
            },
            "overrides": [],
        },
        "options": {
            "reduceOptions": {"calcs": ["lastNotNull"], "values": False},
            "textMode": "name" if by_name else "value",
            "colorMode": "value",
            "graphMode": "none" if by_name else "area",
            "justifyMode": "center",
            "orientation": "auto",
        },
        "targets": targets([(query, legend)]),
    }
