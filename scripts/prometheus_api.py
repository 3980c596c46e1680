# SPDX-License-Identifier: Apache-2.0
"""Prometheus' HTTP API: queries and scrape targets. Standard library only."""
import json
import math
import urllib.error
import urllib.parse
import urllib.request

SECONDS_FOR_AN_ANSWER = 30


class PrometheusError(Exception):
    """What Prometheus said, or that it said nothing."""


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def _get(self, path, **arguments):
        data = urllib.parse.urlencode(arguments).encode()
        address = f"{self.url}/api/v1/{path}"
        # Long expressions go in the body; only queries may be posted.
        request = (
            urllib.request.Request(address, data)
            if path.startswith("query")
            else urllib.request.Request(f"{address}?{data.decode()}")
        )
        try:
            with urllib.request.urlopen(
                request, timeout=SECONDS_FOR_AN_ANSWER
            ) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            try:
                raise PrometheusError(json.load(error)["error"]) from None
            except (ValueError, KeyError):
                raise PrometheusError(str(error)) from None
        except (OSError, ValueError) as error:
            raise PrometheusError(f"{self.url}: {error}") from None

    def series(self, expression, start=None, end=None, step=None):
        """[(labels, [(time, value)...])...] of an instant query, or of a range
        query where `start` is given. Values that are not finite are left out,
        and series without any other."""
        if start is None:
            data = self._get("query", query=expression)
        else:
            data = self._get(
                "query_range", query=expression, start=start, end=end, step=step
            )
        if data["resultType"] in ("scalar", "string"):
            found = [({}, [data["result"]])]
        else:
            found = [
                (one["metric"], one.get("values") or [one["value"]])
                for one in data["result"]
            ]
        kept = [
            (
                labels,
                [
                    (float(time), float(value))
                    for time, value in points
                    if math.isfinite(float(value))
                ],
            )
            for labels, points in found
        ]
        return [(labels, points) for labels, points in kept if points]

    def value(self, expression):
        """The newest value of the only series, or None if there is none."""
        found = self.series(expression)
        if len(found) > 1:
            raise PrometheusError(f"{len(found)} series: {expression}")
        return found[0][1][-1][1] if found else None

    def healthy_targets(self):
        """{job: [instance...]} of the targets whose last scrape went well."""
        jobs = {}
        for target in self._get("targets", state="active")["activeTargets"]:
            if target["health"] == "up":
                labels = target["labels"]
                jobs.setdefault(labels["job"], []).append(labels["instance"])
        return jobs
