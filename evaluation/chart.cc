// SPDX-License-Identifier: Apache-2.0
#include "evaluation/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "evaluation/axis.h"
#include "evaluation/html.h"

namespace softfleet {
namespace {

// Few enough that their labels do not touch on a phone (about 280 px).
constexpr int kMostXTicks = 5;
constexpr int kMostYTicks = 6;
constexpr int kMostLogarithmicTicks = 8;
// More points than this are a line, not dots.
constexpr size_t kMostDots = 60;
// Of the y axis beyond the curves, as a share of their height.
constexpr double kMargin = 0.04;
// Differences of shares below this are not worth a chart's whole height.
constexpr double kLeastShare = 0.05;
// Shares above this are seen best against 100%.
constexpr double kNearlyAll = 0.8;
constexpr double kMostDecimals = 6;  // of a value
constexpr double kUnits = 1000;      // width and height of the stretched plot

struct Axes {
  Axis x;
  Axis y;
};

// A point of a series in shares of the plot, y from the top.
struct Place {
  double x = 0;
  double y = 0;
};

using Segment = std::vector<size_t>;  // indices of consecutive drawable points

bool CanDraw(const Series& series, size_t i, bool logarithmic) {
  return Drawable(series.x[i]) && Drawable(series.y[i]) &&
         (!logarithmic || series.y[i] > 0);
}

bool HasBand(const Series& series) {
  return !series.spread.empty() || !series.low.empty();
}

// Lower and upper end of the band there; the line itself where there is none.
std::pair<double, double> BandAt(const Series& series, size_t i) {
  const double y = series.y[i];
  if (!series.low.empty() && Drawable(series.low[i]) &&
      Drawable(series.high[i])) {
    return {series.low[i], series.high[i]};
  }
  if (series.spread.empty() || !Drawable(series.spread[i])) return {y, y};
  return {y - series.spread[i], y + series.spread[i]};
}

std::vector<Segment> Segments(const Series& series, bool logarithmic) {
  std::vector<Segment> segments;
  bool open = false;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!CanDraw(series, i, logarithmic)) {
      open = false;
      continue;
    }
    if (!open) segments.emplace_back();
    open = true;
    segments.back().push_back(i);
  }
  return segments;
}

// Calls visit(low, high) with what each drawable point covers of the y axis.
template <typename Visitor>
void VisitHeights(const Chart& chart, bool logarithmic, Visitor&& visit) {
  for (const Series& series : chart.series) {
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!CanDraw(series, i, logarithmic)) continue;
      const auto [low, high] = BandAt(series, i);
      visit(logarithmic ? series.y[i] : low, logarithmic ? series.y[i] : high);
    }
  }
}

Axis YAxis(const Chart& chart) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  const auto cover = [&](double from, double to) {
    low = std::min(low, from);
    high = std::max(high, to);
  };
  if (chart.scale == Chart::Scale::kLogarithmic) {
    VisitHeights(chart, true, cover);
    if (low <= high) {
      const double margin = std::pow(high / low, kMargin);
      return LogarithmicAxis(low / margin, high * margin,
                             kMostLogarithmicTicks);
    }
  }
  VisitHeights(chart, false, cover);
  const double margin = kMargin * (high - low);
  low -= margin;
  high += margin;
  if (chart.scale == Chart::Scale::kFromZero) cover(0, 0);
  if (chart.scale == Chart::Scale::kShare) {
    low = 0;
    high = high > kNearlyAll ? 1 : std::max(high, kLeastShare);
  }
  return LinearAxis(low, high, kMostYTicks);
}

Axis XAxis(const Chart& chart) {
  double end = chart.x_end;
  for (const Series& series : chart.series) {
    for (const double x : series.x) {
      if (Drawable(x)) end = std::max(end, x);
    }
  }
  return LinearAxis(0, end == 0 ? 1 : end, kMostXTicks);
}

Place PlaceOf(const Axes& axes, double x, double y) {
  return {Position(axes.x, x), 1 - Position(axes.y, y)};
}

std::string PercentOf(double share) {
  return absl::StrFormat("%.2f%%", 100 * share);
}

std::string Point(const Place& place) {
  return absl::StrFormat("%.1f %.1f", kUnits * place.x, kUnits * place.y);
}

std::string ColourClass(const Series& series) {
  if (series.colour == Series::kTarget) return "target";
  if (series.colour == Series::kFaint) return "faint";
  return absl::StrCat("s", series.colour);
}

// Two digits more than the axis tells apart.
std::string ValueText(const Chart& chart, const Axis& axis, double value) {
  if (chart.scale == Chart::Scale::kShare) {
    return absl::StrCat(FixedNumber(100 * value, 1), "%");
  }
  if (axis.logarithmic) return SignificantNumber(value);
  const double digits = 3 - std::floor(std::log10(axis.tick_distance));
  if (digits > kMostDecimals) return SignificantNumber(value);
  return FixedNumber(value, static_cast<int>(std::max(0.0, digits)));
}

// --- Drawing ----------------------------------------------------------------

std::string Grid(const Chart& chart, const Axes& axes) {
  std::string svg =
      "<g class=\"grid\"><line x1=\"0\" x2=\"100%\" y1=\"100%\" y2=\"100%\" "
      "class=\"axis\"/>";
  for (const double tick : axes.y.ticks) {
    const std::string y = PercentOf(1 - Position(axes.y, tick));
    absl::StrAppend(&svg, "<line x1=\"0\" x2=\"100%\" y1=\"", y, "\" y2=\"", y,
                    "\"", tick == 0 ? " class=\"axis\"" : "", "/>");
  }
  absl::StrAppend(&svg, "</g><g class=\"ticks y\">");
  Axis labelled = axes.y;
  const bool share = chart.scale == Chart::Scale::kShare;
  if (share) {
    for (double& tick : labelled.ticks) tick *= 100;
    labelled.high *= 100;
    labelled.low *= 100;
    labelled.tick_distance *= 100;
  }
  const std::vector<std::string> y_labels = TickLabels(labelled);
  for (size_t i = 0; i < y_labels.size(); ++i) {
    absl::StrAppend(&svg, "<text x=\"0\" dx=\"-8\" dy=\"0.35em\" y=\"",
                    PercentOf(1 - Position(axes.y, axes.y.ticks[i])), "\">",
                    y_labels[i], share ? "%" : "", "</text>");
  }
  absl::StrAppend(&svg, "</g><g class=\"ticks x\">");
  const std::vector<std::string> x_labels = TickLabels(axes.x);
  for (size_t i = 0; i < x_labels.size(); ++i) {
    absl::StrAppend(&svg, "<svg x=\"",
                    PercentOf(Position(axes.x, axes.x.ticks[i])),
                    "\" y=\"100%\"><line y2=\"4\"/><text y=\"18\">",
                    x_labels[i], "</text></svg>");
  }
  return absl::StrCat(svg, "</g>");
}

std::string BandPath(const Series& series, const Segment& segment,
                     const Axes& axes) {
  std::vector<std::string> points;
  const auto add = [&](size_t i, double y) {
    points.push_back(Point(PlaceOf(axes, series.x[i], y)));
  };
  for (const size_t i : segment) add(i, BandAt(series, i).second);
  for (auto i = segment.rbegin(); i != segment.rend(); ++i) {
    add(*i, BandAt(series, *i).first);
  }
  return absl::StrCat("M", absl::StrJoin(points, "L"), "Z");
}

std::string LinePath(const Series& series, const Segment& segment,
                     const Axes& axes) {
  std::vector<std::string> points;
  for (const size_t i : segment) {
    points.push_back(Point(PlaceOf(axes, series.x[i], series.y[i])));
  }
  return absl::StrCat("M", absl::StrJoin(points, "L"));
}

// All bands, then all lines, so that no band hides a line.
std::string Curves(const Chart& chart, const Axes& axes) {
  std::string bands, lines;
  for (const Series& series : chart.series) {
    for (const Segment& segment : Segments(series, axes.y.logarithmic)) {
      if (segment.size() < 2) continue;
      if (HasBand(series) && !axes.y.logarithmic) {
        absl::StrAppend(&bands, "<path class=\"band ", ColourClass(series),
                        "\" d=\"", BandPath(series, segment, axes), "\"/>");
      }
      absl::StrAppend(&lines, "<path class=\"line ", ColourClass(series),
                      "\" d=\"", LinePath(series, segment, axes), "\"/>");
    }
  }
  return absl::StrFormat(
      "<svg class=\"curves\" width=\"100%%\" height=\"100%%\" viewBox=\"0 0 "
      "%.0f %.0f\" preserveAspectRatio=\"none\">%s%s</svg>",
      kUnits, kUnits, bands, lines);
}

std::string Dot(const Series& series, const Place& place) {
  return absl::StrCat("<circle class=\"", ColourClass(series), "\" cx=\"",
                      PercentOf(place.x), "\" cy=\"", PercentOf(place.y),
                      "\" r=\"2.5\"/>");
}

// The points themselves where they are few, and any that no line reaches.
std::string Dots(const Chart& chart, const Axes& axes) {
  std::string dots = "<g class=\"dots\">";
  for (const Series& series : chart.series) {
    const bool few =
        series.x.size() <= kMostDots && series.colour > Series::kTarget;
    for (const Segment& segment : Segments(series, axes.y.logarithmic)) {
      if (!few && segment.size() > 1) continue;
      for (const size_t i : segment) {
        absl::StrAppend(&dots,
                        Dot(series, PlaceOf(axes, series.x[i], series.y[i])));
      }
    }
  }
  return absl::StrCat(dots, "</g>");
}

// --- Values on hover --------------------------------------------------------

std::vector<double> StepsWithData(const Chart& chart, bool logarithmic) {
  std::set<double> steps;
  for (const Series& series : chart.series) {
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (CanDraw(series, i, logarithmic)) steps.insert(series.x[i]);
    }
  }
  return {steps.begin(), steps.end()};
}

// The last drawable point at or before `x`, else the first; -1: none.
int PointFor(const Series& series, double x, bool logarithmic) {
  int found = -1;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (found >= 0 && series.x[i] > x) break;
    if (CanDraw(series, i, logarithmic)) found = static_cast<int>(i);
  }
  return found;
}

// "deterministic: −136.1 ± 85.5", with the step where it is another one.
std::string PointText(const Chart& chart, const Axis& axis,
                      const Series& series, size_t i, double x) {
  std::string text =
      absl::StrCat(series.name, ": ", ValueText(chart, axis, series.y[i]));
  if (!series.low.empty()) {
    absl::StrAppend(&text, " (", ValueText(chart, axis, series.low[i]), " to ",
                    ValueText(chart, axis, series.high[i]), ")");
  } else if (!series.spread.empty() && Drawable(series.spread[i])) {
    absl::StrAppend(&text, " ± ", ValueText(chart, axis, series.spread[i]));
  }
  if (series.x[i] != x) {
    absl::StrAppend(&text, " (at ", FixedNumber(series.x[i], 0), ")");
  }
  return text;
}

// One rectangle per step, from half-way to the step before to half-way to the
// one after. data-dots: "class x y" of each value, in the title's order.
std::string HoverAreas(const Chart& chart, const Axes& axes) {
  const bool logarithmic = axes.y.logarithmic;
  const std::vector<double> steps = StepsWithData(chart, logarithmic);
  std::string svg = "<g class=\"hover\">";
  for (size_t s = 0; s < steps.size(); ++s) {
    const double here = Position(axes.x, steps[s]);
    const double left =
        s == 0 ? 0 : (here + Position(axes.x, steps[s - 1])) / 2;
    const double right =
        s + 1 == steps.size() ? 1 : (here + Position(axes.x, steps[s + 1])) / 2;
    std::string title = absl::StrCat("step ", FixedNumber(steps[s], 0));
    std::vector<std::string> dots;
    for (const Series& series : chart.series) {
      const int i = PointFor(series, steps[s], logarithmic);
      if (i < 0) continue;
      const auto index = static_cast<size_t>(i);
      absl::StrAppend(&title, "\n",
                      PointText(chart, axes.y, series, index, steps[s]));
      const Place place = PlaceOf(axes, series.x[index], series.y[index]);
      dots.push_back(absl::StrCat(ColourClass(series), " ", PercentOf(place.x),
                                  " ", PercentOf(place.y)));
    }
    absl::StrAppend(&svg, "<rect class=\"at\" x=\"", PercentOf(left),
                    "\" width=\"", PercentOf(right - left),
                    "\" y=\"0\" height=\"100%\" data-x=\"", PercentOf(here),
                    "\" data-dots=\"", absl::StrJoin(dots, ";"), "\"><title>",
                    EscapeHtml(title), "</title></rect>");
  }
  return absl::StrCat(svg, "</g>");
}

// --- The figure -------------------------------------------------------------

std::string Legend(const Chart& chart) {
  if (chart.series.size() < 2) return "";
  std::string html = "<ul class=\"legend\">";
  for (const Series& series : chart.series) {
    if (series.colour == Series::kFaint) continue;
    absl::StrAppend(
        &html,
        "<li><svg class=\"key\" aria-hidden=\"true\"><line class=\"line ",
        ColourClass(series),
        "\" x1=\"0\" x2=\"100%\" y1=\"50%\" y2=\"50%\"/></svg>",
        EscapeHtml(series.name), "</li>");
  }
  return absl::StrCat(html, "</ul>");
}

std::string Plot(const Chart& chart) {
  const Axes axes{XAxis(chart), YAxis(chart)};
  return absl::StrCat(
      "<div class=\"plot\"><svg class=\"chart\" role=\"img\" tabindex=\"0\" "
      "aria-label=\"",
      EscapeHtml(chart.title), ", ", EscapeHtml(chart.y_label),
      " over environment steps\">", Grid(chart, axes), Curves(chart, axes),
      Dots(chart, axes), HoverAreas(chart, axes),
      "</svg></div>\n<p class=\"x-label\">environment steps</p>\n");
}

}  // namespace

bool HasPoints(const Chart& chart) {
  return std::ranges::any_of(chart.series, [](const Series& series) {
    return series.colour != Series::kTarget && !Segments(series, false).empty();
  });
}

std::string RenderChart(const Chart& chart) {
  const bool drawn = HasPoints(chart);
  return absl::StrCat(
      "<figure id=\"", chart.id, "\"", chart.wide ? " class=\"wide\"" : "",
      "><figcaption><h3>", EscapeHtml(chart.title),
      "</h3><p class=\"y-label\">", EscapeHtml(chart.y_label),
      drawn && YAxis(chart).logarithmic ? ", logarithmic axis" : "", "</p>",
      drawn ? Legend(chart) : "", "</figcaption>\n",
      drawn ? Plot(chart) : "<p class=\"empty\">Nothing recorded yet.</p>\n",
      chart.note.empty() ? ""
                         : absl::StrCat("<p class=\"note\">",
                                        EscapeHtml(chart.note), "</p>\n"),
      "</figure>\n");
}

}  // namespace softfleet
