# SPDX-License-Identifier: Apache-2.0
"""Draws panels of a dashboard as SVG: curves over time and single numbers, in
two colour schemes, without any library. Sizes are in pixels."""
import dataclasses
import html
import math

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
# Mean width of a character, as a share of the font's size: good enough to wrap
# a legend.
CHARACTER = 0.55
TEXT, TITLE, NUMBER = 11, 13, 26  # Font sizes.
MARGIN = 12  # Inside a panel.
TICKS = 4  # About so many on an axis.


@dataclasses.dataclass(frozen=True)
class Scheme:
    """The colours of a page. `series`: told apart by the colour-blind."""

    ground: str
    panel: str
    text: str
    muted: str
    grid: str
    border: str
    event: str
    series: tuple


LIGHT = Scheme(
    ground="#f4f4f1",
    panel="#ffffff",
    text="#1d2024",
    muted="#62676e",
    grid="#ececea",
    border="#e3e3df",
    event="#8a5300",
    series=("#0068a8", "#c9530a", "#007d5c", "#97478c", "#8a7a00", "#4f5b66"),
)
DARK = Scheme(
    ground="#0f1114",
    panel="#181b1f",
    text="#e4e6e9",
    muted="#9ca2aa",
    grid="#262a30",
    border="#2a2e35",
    event="#e5b567",
    series=("#5bb2ee", "#f0934c", "#3fc59a", "#d598cd", "#d8c24a", "#aab4be"),
)


@dataclasses.dataclass
class Curve:
    """`points`: pairs of seconds and value, ascending. `level`: a target that
    is drawn dashed and grey."""

    name: str
    points: list
    level: bool = False


@dataclasses.dataclass
class Axis:
    """Time in seconds from `start` to `end`, and where something happened."""

    start: float
    end: float
    events: tuple = ()


def significant(value):
    """Three digits, or all that stand before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def scaled(value, step, names):
    """`value` in the largest of the units `names` that leaves 1 or more; each
    is `step` times the one before."""
    index = 0
    while abs(value) >= step and index < len(names) - 1:
        value, index = value / step, index + 1
    return f"{significant(value)} {names[index]}".strip()


def number(value, unit):
    """`value` as a person writes it."""
    if abs(value) < 1e-9:
        written = "0%" if unit == "percentunit" else "0"
    elif unit == "percentunit":
        written = f"{significant(100 * value)}%"
    elif unit == "s" and abs(value) >= 120:
        written = f"{significant(value / 60)} min"
    elif unit == "s":
        written = scaled(value * 1e6, 1000, ("µs", "ms", "s"))
    elif unit == "bytes":
        written = scaled(value, 1024, ("B", "KiB", "MiB", "GiB", "TiB"))
    else:
        written = scaled(value, 1000, ("", "k", "M", "G", "T"))
    return written.replace("-", "\u2212")


def ticks(low, high, binary=False):
    """Round numbers from `low` to `high`, about TICKS of them; with `binary`
    multiples of powers of two."""
    rough = (high - low) / TICKS
    if binary:
        step = 2 ** math.ceil(math.log2(rough))
    else:
        size = 10 ** math.floor(math.log10(rough))
        step = next(
            size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough
        )
    first = math.ceil(low / step - 1e-9)
    return [step * n for n in range(first, math.floor(high / step + 1e-9) + 1)]


def text(x, y, content, color, size=TEXT, anchor="start", weight=400):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" font-size="{size}" '
        f'text-anchor="{anchor}" font-weight="{weight}">'
        f"{html.escape(content)}</text>"
    )


def line(x1, y1, x2, y2, color, dash=""):
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{color}"{dashes}/>'
    )


def path(points, color, fill="none", opacity=1.0, dash=""):
    """Curves as one path; points are lists, one for each piece."""
    pieces = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in piece) for piece in points
    )
    stroke = f'stroke="{color}" stroke-width="1.6"' if fill == "none" else ""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{pieces}" fill="{fill}" fill-opacity="{opacity}" {stroke}'
        f'{dashes} stroke-linejoin="round"/>'
    )


def card(x, y, width, height, title, scheme):
    return [
        f'<rect x="{x + 0.5}" y="{y + 0.5}" width="{width - 1}" '
        f'height="{height - 1}" rx="4" fill="{scheme.panel}" '
        f'stroke="{scheme.border}"/>',
        text(x + MARGIN, y + 21, title, scheme.text, TITLE, weight=600),
    ]


def stack(curves):
    """Curves each upon the sum of those before; for each its lower edge too."""
    times = sorted({time for curve in curves for time, _ in curve.points})
    below = dict.fromkeys(times, 0.0)
    stacked = []
    for curve in curves:
        values = dict(curve.points)
        above = {time: below[time] + values.get(time, 0.0) for time in times}
        stacked.append(
            (curve, sorted(above.items()), sorted(below.items()))
        )
        below = above
    return stacked


def range_of(curves, low, high, stacked):
    """The vertical axis: all values, `low` and `high`, and some room."""
    if stacked:
        values = [value for _, edge, _ in stack(curves) for _, value in edge]
    else:
        values = [value for curve in curves for _, value in curve.points]
    values += [bound for bound in (low, high) if bound is not None]
    bottom, top = min(values), max(values)
    if top - bottom < 1e-9 * max(1.0, abs(top)):
        top = bottom + max(1.0, abs(bottom) * 0.1)
    room = 0.06 * (top - bottom)
    return (
        bottom if bottom == low else bottom - room,
        top if top == high else top + room,
    )


def gaps_closed(points, longest):
    """`points` in pieces without holes longer than `longest` seconds."""
    pieces = []
    for point in points:
        if pieces and point[0] - pieces[-1][-1][0] <= longest:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return pieces


class Plot:
    """Where values and times lie inside a panel."""

    def __init__(self, box, axis, bottom, top):
        self.left, self.top, self.right, self.base = box
        self._axis, self._low, self._high = axis, bottom, top

    def x(self, time):
        share = (time - self._axis.start) / (self._axis.end - self._axis.start)
        return self.left + share * (self.right - self.left)

    def y(self, value):
        share = (value - self._low) / (self._high - self._low)
        return self.base - share * (self.base - self.top)

    def place(self, points):
        return [(self.x(time), self.y(value)) for time, value in points]


def legend(x, y, width, entries, scheme):
    """Swatch, name and newest value of each curve, in lines upwards from `y`.
    Returns the elements and the number of lines."""
    lines, used = [[]], 0.0
    for name, value, color in entries:
        size = 18 + CHARACTER * TEXT * (len(name) + len(value) + 1) + 10
        if lines[-1] and used + size > width:
            lines.append([])
            used = 0.0
        lines[-1].append((used, name, value, color))
        used += size
    out = []
    for number_of_line, entries_of_line in enumerate(reversed(lines)):
        base = y - 16 * number_of_line
        for offset, name, value, color in entries_of_line:
            left = x + offset
            out.append(
                f'<rect x="{left:.1f}" y="{base - 5:.1f}" width="12" '
                f'height="3" rx="1" fill="{color}"/>'
            )
            out.append(
                f'<text x="{left + 17:.1f}" y="{base:.1f}" font-size="{TEXT}" '
                f'fill="{scheme.text}">{html.escape(name)} '
                f'<tspan fill="{scheme.muted}">{html.escape(value)}</tspan></text>'
            )
    return out, len(lines)


def draw_axes(plot, axis, bottom, top, unit, scheme):
    out = []
    for value in ticks(bottom, top, binary=unit == "bytes"):
        y = plot.y(value)
        out.append(line(plot.left, y, plot.right, y, scheme.grid))
        label = number(value, unit)
        out.append(text(plot.left - 6, y + 4, label, scheme.muted, anchor="end"))
    for minute in ticks(0, (axis.end - axis.start) / 60):
        x = plot.x(axis.start + 60 * minute)
        label = f"{minute:g} min"
        out.append(text(x, plot.base + 15, label, scheme.muted, anchor="middle"))
    for time in axis.events:
        x = plot.x(time)
        out.append(line(x, plot.top, x, plot.base, scheme.event, dash="2 3"))
    return out


def draw_graph(x, y, width, height, title, unit, curves, axis, scheme,
               stacked=False, low=None, high=None):
    """A panel of curves. Empty ones are left out; without any it says so."""
    out = card(x, y, width, height, title, scheme)
    curves = [curve for curve in curves if curve.points]
    if not curves:
        middle = (x + width / 2, y + height / 2)
        return out + [text(*middle, "no data", scheme.muted, anchor="middle")]
    palette = iter(scheme.series * (1 + len(curves) // len(scheme.series)))
    colors = [
        scheme.muted if curve.level else next(palette) for curve in curves
    ]
    names = [
        (curve.name, number(curve.points[-1][1], unit), color)
        for curve, color in zip(curves, colors)
    ]
    entries, lines = legend(
        x + MARGIN, y + height - 11, width - 2 * MARGIN, names, scheme
    )
    out += entries
    bottom, top = range_of(curves, low, high, stacked)
    levels = ticks(bottom, top, binary=unit == "bytes")
    labels = [number(value, unit) for value in levels]
    label_width = CHARACTER * TEXT * max(map(len, labels)) + 10
    box = (
        x + MARGIN + label_width,
        y + 34,
        x + width - MARGIN - 8,
        y + height - 33 - 16 * lines,
    )
    plot = Plot(box, axis, bottom, top)
    out += draw_axes(plot, axis, bottom, top, unit, scheme)
    longest = max(60.0, (axis.end - axis.start) / 20)
    if stacked:
        for (_, upper, lower), color in zip(stack(curves), colors):
            area = plot.place(upper) + plot.place(reversed(lower))
            out.append(path([area], color, fill=color, opacity=0.35))
            out.append(path([plot.place(upper)], color))
    else:
        for curve, color in zip(curves, colors):
            pieces = map(plot.place, gaps_closed(curve.points, longest))
            dash = "5 4" if curve.level else ""
            out.append(path(list(pieces), color, dash=dash))
    return out


def draw_stat(x, y, width, height, title, unit, curves, axis, scheme,
              by_name=False):
    """A panel of one number, with its course behind it."""
    out = card(x, y, width, height, title, scheme)
    curve = next((curve for curve in curves if curve.points), None)
    if curve is None:
        label = "no data"
    else:
        label = curve.name if by_name else number(curve.points[-1][1], unit)
    if curve is not None and not by_name:
        bottom, top = range_of([curve], None, None, False)
        box = (x + 1, y + 0.62 * height, x + width - 1, y + height - 1)
        plot = Plot(box, axis, bottom, top)
        course = plot.place(curve.points)
        floor = [(course[-1][0], box[3]), (course[0][0], box[3])]
        color = scheme.series[0]
        out.append(path([course + floor], color, fill=color, opacity=0.16))
    middle = x + width / 2
    out.append(
        text(middle, y + 0.66 * height, label, scheme.text, NUMBER, "middle", 600)
    )
    return out
