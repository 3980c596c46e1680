# SPDX-License-Identifier: Apache-2.0
"""Checks the files that deploy a cluster: dashboard, rules, compose, images.

usage: deploy_test.py CASE

Exit status 77: skipped, with the reason.
"""
import copy
import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import check_dashboard  # noqa: E402  (found through the line above)
import draw_dashboard  # noqa: E402
import panel_svg  # noqa: E402

SKIPPED = 77
PROGRAMS = ("actor", "evaluator", "learner", "replay-0", "replay-1")
OVERLAYS = ("deploy/compose.gpu.yml", "scripts/offline/compose.yml")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def read(name):
    return (ROOT / name).read_text()


def run(*command):
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )


def expect(holds, message):
    if not holds:
        print(message)
        sys.exit(1)


def equal(found, wanted, what):
    expect(found == wanted, f"{what}: {found!r} instead of {wanted!r}")


def the_dashboard():
    return json.loads(check_dashboard.DASHBOARD.read_text())


def compose_config(*files):
    """What docker compose makes of the files, as an object."""
    version = run("docker", "compose", "version", "--short")
    numbers = [int(n) for n in re.findall(r"\d+", version.stdout)[:2]]
    if version.returncode != 0 or numbers < [2, 26]:
        skip("docker compose 2.26 or newer is not installed "
             "(scripts/offline/get-docker-plugins)")
    arguments = [word for file in files for word in ("-f", file)]
    done = run("docker", "compose", *arguments, "config", "--format", "json")
    expect(done.returncode == 0, f"{files}: {done.stderr}")
    return json.loads(done.stdout)


def TheDashboardIsSound():
    done = run(sys.executable, "-B", "scripts/check_dashboard.py")
    expect(done.returncode == 0, done.stdout + done.stderr)
    titles = [
        panel["title"]
        for panel in the_dashboard()["panels"]
        if panel["type"] == "row"
    ]
    for row in ("Learning", "Flow", "Waiting", "Storage", "Health"):
        expect(row in titles, f"the dashboard has no row {row}")


def TheDashboardIsWhatTheScriptWrites():
    done = run(sys.executable, "-B", "scripts/make_dashboard.py")
    equal(done.returncode, 0, "make_dashboard.py's exit status")
    expect(
        done.stdout == check_dashboard.DASHBOARD.read_text(),
        "run scripts/make_dashboard.py > deploy/grafana/dashboards/softfleet.json",
    )


def TheDashboardChecksCanFail():
    uids = check_dashboard.provisioned_uids(check_dashboard.DATASOURCES)
    good = the_dashboard()
    first = next(
        number
        for number, panel in enumerate(good["panels"])
        if panel["type"] == "timeseries"
    )

    def problems(change):
        dashboard = copy.deepcopy(good)
        change(dashboard, dashboard["panels"][first])
        return "\n".join(check_dashboard.static_problems(dashboard, uids))

    equal(problems(lambda dashboard, panel: None), "", "no change")
    for change, wanted in (
        (lambda d, p: p.pop("description"), "no description"),
        (lambda d, p: p["fieldConfig"]["defaults"].pop("unit"), "no unit"),
        (lambda d, p: p.update(id=1), "id 1 is used more than once"),
        (lambda d, p: p["gridPos"].update(x=6), "lies over"),
        (lambda d, p: p["gridPos"].update(x=20), "outside of the 24 columns"),
        (lambda d, p: p.update(targets=[]), "no queries"),
        (lambda d, p: p["targets"][0].update(expr=" "), "is empty"),
        (
            lambda d, p: p["targets"][0].update(expr="up[$window]"),
            "unknown variables: window",
        ),
        (
            lambda d, p: p["targets"][0]["datasource"].update(uid="other"),
            "'other' is not provisioned",
        ),
        (
            lambda d, p: p["targets"][0].update(
                expr="sum by (job) (up)", legendFormat="{{mode}}"
            ),
            "the legend's mode is no label",
        ),
        (lambda d, p: d.update(id=7), "id must be null"),
        (lambda d, p: d.pop("uid"), "no uid"),
    ):
        found = problems(change)
        expect(wanted in found, f"{wanted!r} is not in {found!r}")

    names = check_dashboard.metrics_in(
        'rate(sac_a_total{job="sac_c"}[1m]) + x:sac_b:y + sac_h_bucket / up'
    )
    equal(
        list(check_dashboard.name_problems(names, {"sac_h"}, {"x:sac_b:y"})),
        ["sac_a_total is neither documented nor recorded"],
        "unknown names",
    )


def TheDrawingShowsEveryPanelAndValue():
    class Answers:
        """A Prometheus that knows one course of values under every name."""

        def series(self, expression, start, end, step):
            labels = {"mode": "deterministic", "instance": "<replay-0>"}
            times = range(int(start), int(end), int(step))
            return [(labels, [(time, 1234.5 + time) for time in times])]

    axis = panel_svg.Axis(0, 600, events=(300,))
    dashboard = the_dashboard()
    sections = [
        (
            title,
            [
                (panel, draw_dashboard.curves_of(panel, Answers(), axis))
                for panel in panels
            ],
        )
        for title, panels in draw_dashboard.sections_of(dashboard)
    ]
    page = draw_dashboard.draw(sections, axis, panel_svg.DARK)
    words = [
        "".join(element.itertext())
        for element in xml.etree.ElementTree.fromstring(page).iter()
        if element.tag.endswith("}text")
    ]
    for panel in dashboard["panels"]:
        expect(panel["title"] in words, f"{panel['title']} is not drawn")
    expect("<replay-0> 1.83 k" in words, "the legend lacks a name and value")
    highlights = draw_dashboard.draw(
        draw_dashboard.highlights_of(sections), axis, panel_svg.LIGHT, 18
    )
    expect(draw_dashboard.HIGHLIGHTS[0] in highlights, "highlights lack one")
    empty = panel_svg.draw_graph(
        0, 0, 300, 200, "Empty", "short", [], axis, panel_svg.LIGHT
    )
    expect("no data" in "".join(empty), "an empty panel does not say so")
    for value, unit, wanted in (
        (0.9415, "percentunit", "94.2%"),
        (12, "percentunit", "1200%"),
        (0, "short", "0"),
        (-1234, "short", "\u22121.23 k"),
        (0.00042, "s", "420 µs"),
        (90, "s", "90 s"),
        (600, "s", "10 min"),
        (3 * 2**20, "bytes", "3 MiB"),
    ):
        equal(panel_svg.number(value, unit), wanted, f"{value} {unit}")
    equal(panel_svg.ticks(0, 1), [0, 0.25, 0.5, 0.75, 1], "ticks")


def PromtoolAcceptsTheRulesAndTheirTests():
    if not shutil.which("promtool"):
        skip("promtool is not installed (Debian: package prometheus)")
    folder = "deploy/prometheus"
    for command in (
        ("check", "config", f"{folder}/prometheus.yml"),
        ("test", "rules", f"{folder}/rules_test.yml"),
    ):
        done = run("promtool", *command)
        expect(done.returncode == 0, done.stdout + done.stderr)


def EveryAlertIsInTheOperatorsPage():
    rules = check_dashboard.without_comments(read("deploy/prometheus/rules.yml"))
    alerts = re.findall(r"- alert: (\w+)", rules)
    expect(alerts, "no alerts")
    tested = read("deploy/prometheus/rules_test.yml")
    page = read("docs/operations.md")
    for alert in alerts:
        expect(f"alertname: {alert}" in tested, f"{alert} has no test")
        expect(alert in page, f"docs/operations.md lacks {alert}")


def TheComposeFileNamesNothingThatMustScale():
    text = check_dashboard.without_comments(read("docker-compose.yml"))
    expect("container_name" not in text, "a container_name does not scale")
    ports = re.findall(r"^ *ports: \[(.*)\]", text, re.MULTILINE)
    equal(len(ports), 2, "services with published ports")
    for port in ports:
        expect(port.startswith('"127.0.0.1:${'), f"published: {port}")
    for image in re.findall(r"^ *image: (.*)", text, re.MULTILINE):
        expect(
            re.search(r":[^/]*\d+\.\d+\.\d+", image) and "latest" not in image,
            f"{image} is not pinned to a version",
        )


def TheImagesRunWithoutRootAndCarryTheLicences():
    text = read("Dockerfile")
    expect(not re.match(r"#\s*syntax", text), "a syntax line fetches a frontend")
    expect("<<" not in text, "here-documents need a newer frontend")
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", text, re.MULTILINE)
    bases = ("runtime", "runtime-mujoco")
    targets = [name for base, name in stages if base in bases]
    for target in ("actor", "evaluator", "replay-server", "learner"):
        expect(target in targets, f"{target} is not a target on `runtime`")
        wanted = "runtime" if target == "replay-server" else "runtime-mujoco"
        expect((wanted, target) in stages, f"{target} is not on {wanted}")
    for name, body in re.findall(
        r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", text, re.MULTILINE | re.DOTALL
    ):
        users = re.findall(r"^USER (.*)$", body, re.MULTILINE)
        if name in [*targets, "runtime"] and users:
            equal(users[-1], "65532:65532", f"user of {name}")
        if name == "runtime":
            expect(users, "no USER in runtime")
            for file in ("LICENSE", "NOTICE", "THIRD_PARTY_NOTICES.md"):
                expect(file in body, f"{file} is not in the images")
        if name in ("runtime-mujoco", "learner-cuda"):
            for folder in ("/mujoco/lib", "/mujoco/licenses"):
                expect(folder in body, f"{folder} is not in {name}")
        if name in ("actor", "evaluator", "replay-server"):
            expect("libtorch" not in body, f"{name} carries LibTorch")


def ComposeAcceptsTheFileAndItsOverlays():
    for files in (
        ("docker-compose.yml",),
        *(("docker-compose.yml", overlay) for overlay in OVERLAYS),
    ):
        services = compose_config(*files)["services"]
        for name in (*PROGRAMS, "prometheus", "grafana"):
            expect(name in services, f"{files}: no service {name}")
    learner = compose_config("docker-compose.yml")["services"]["learner"]
    shards = dict(zip(learner["command"], learner["command"][1:]))["--shards"]
    equal(shards, "replay-0:7201,replay-1:7201", "shards of the learner")


def EveryContainerIsConfined():
    config = compose_config("docker-compose.yml")
    equal(config["networks"]["cluster"].get("internal"), True, "cluster.internal")
    for name, service in config["services"].items():
        equal(service.get("cap_drop"), ["ALL"], f"{name}: cap_drop")
        equal(service.get("read_only"), True, f"{name}: read_only")
        equal(
            service.get("security_opt"),
            ["no-new-privileges:true"],
            f"{name}: security_opt",
        )
        equal(service.get("restart"), "on-failure", f"{name}: restart")
        expect(service.get("healthcheck", {}).get("test"), f"{name}: no check")
        reserved = service.get("deploy", {}).get("resources", {})
        expect("reservations" not in reserved, f"{name} reserves devices")
        for port in service.get("ports", []):
            equal(port.get("host_ip"), "127.0.0.1", f"{name}: host_ip")
        if name in PROGRAMS:
            equal(list(service["networks"]), ["cluster"], f"{name}: networks")
            expect("ports" not in service, f"{name} publishes a port")
            expect("stop_grace_period" in service, f"{name}: grace period")
            expect("--probe" in service["healthcheck"]["test"], f"{name}: probe")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not callable(globals().get(sys.argv[1])):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    globals()[sys.argv[1]]()
