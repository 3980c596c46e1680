// SPDX-License-Identifier: Apache-2.0
// The axis of a chart: what range it shows, where its ticks are, and how they
// are written. Values and free functions; thread-safe.
#ifndef SOFTFLEET_EVALUATION_AXIS_H_
#define SOFTFLEET_EVALUATION_AXIS_H_

#include <string>
#include <vector>

namespace softfleet {

struct Axis {
  double low = 0;
  double high = 1;  // above low
  bool logarithmic = false;
  double tick_distance = 1;   // of a linear axis
  std::vector<double> ticks;  // ascending, within [low, high]
};

// Numbers an axis can show: finite, and far enough from overflow that their
// differences are finite too.
bool Drawable(double value);

// From `low` to `high`; an empty range is widened. Ticks at multiples of 1, 2
// or 5 times a power of ten, as close as `most` ticks (>= 2) allow. Numbers
// must be Drawable, low <= high.
Axis LinearAxis(double low, double high, int most);
// From `low` to `high`, 0 < low <= high; an empty range is widened. Ticks are
// powers of ten, with their multiples by 2 and 5 where there are few of them,
// or those of a linear axis where there are still too few to read a value.
Axis LogarithmicAxis(double low, double high, int most);

// Where `value` lies: 0 at `low`, 1 at `high`, beyond outside.
double Position(const Axis& axis, double value);

// One text per tick, all written alike ("0.0", "0.5", "1.0"; "0", "5,000";
// "0k", "200k").
std::vector<std::string> TickLabels(const Axis& axis);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_AXIS_H_
