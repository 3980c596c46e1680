// SPDX-License-Identifier: Apache-2.0
// A line chart over environment steps as inline SVG in an HTML <figure>.
//
// The picture has no size of its own: positions are percentages of the plot,
// and curves lie in a nested <svg> that is stretched to it, so that a chart
// fills any width while its text and strokes keep their size. Colours are
// classes (s1, s2, ...) that the page's style sheet fills, for light and dark.
// Every step with data has a rectangle of class "at" whose <title> holds the
// values: a tooltip without a script, and what report.js reads for its own.
// Thread-safe: values and a free function.
#ifndef SOFTFLEET_EVALUATION_CHART_H_
#define SOFTFLEET_EVALUATION_CHART_H_

#include <string>
#include <vector>

namespace softfleet {

struct Series {
  static constexpr int kColours = 4;  // s1 to s4
  static constexpr int kTarget = 0;   // grey and dashed
  // Thin and grey, not in the legend: one of many, which the note explains.
  static constexpr int kFaint = -1;

  std::string name;
  int colour = 1;
  std::vector<double> x = {};  // ascending
  // As long as `x`. What cannot be drawn (NaN; zero and below on a logarithmic
  // axis) breaks the line.
  std::vector<double> y = {};
  // Half the height of a band around the line; empty = none, else as long.
  std::vector<double> spread = {};
  // The ends of a band that is not even around the line, instead of `spread`.
  std::vector<double> low = {}, high = {};
};

struct Chart {
  enum class Scale {
    kLinear,
    kFromZero,     // linear, and zero is on the axis
    kLogarithmic,  // linear all the same where nothing is above zero
    kShare,        // linear from zero, in percent
  };

  std::string id;  // of the figure; [a-z-]
  std::string title;
  std::string y_label;    // what is counted, with its unit
  std::string note = "";  // a sentence below the chart, or none
  std::vector<Series> series = {};
  Scale scale = Scale::kLinear;
  double x_end = 0;  // the axis reaches at least this far
  bool wide = false;
};

// Whether there is anything to draw.
bool HasPoints(const Chart& chart);

// The figure; without points a figure that says so.
std::string RenderChart(const Chart& chart);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_CHART_H_
