// SPDX-License-Identifier: Apache-2.0
#include "evaluation/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "evaluation/html.h"

namespace softfleet {
namespace {

constexpr double kLargest = 1e200;
// A range narrower than this share of its numbers is noise of their last
// digits, and its ticks could not be told apart.
constexpr double kNarrowest = 1e-9;
// Ticks computed as multiples may miss the range's end by rounding.
constexpr double kSlack = 1e-9;

// The least 1, 2 or 5 times a power of ten that is not below `distance`.
double NiceDistance(double distance) {
  const double power = std::pow(10, std::floor(std::log10(distance)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= distance * (1 - kSlack)) return factor * power;
  }
  return 10 * power;
}

void Widen(double* low, double* high) {
  const double size = std::max(std::fabs(*low), std::fabs(*high));
  if (*high - *low > kNarrowest * size) return;
  const double half = size == 0 ? 1 : 0.1 * size;
  *low -= half;
  *high += half;
}

// Multiples of the distance within [low, high].
void PlaceTicks(Axis* axis) {
  const double first = std::ceil(axis->low / axis->tick_distance - kSlack);
  const double last = std::floor(axis->high / axis->tick_distance + kSlack);
  axis->ticks.clear();
  for (double i = first; i <= last; ++i) {
    axis->ticks.push_back(i * axis->tick_distance);
  }
}

// 1, 2, 5, 10, ... (`per_decade` 3) or powers of ten only (1), or only every
// so-manyth of these: from the last one not above `low` to the first not
// below `high`.
std::vector<double> LogarithmicTicks(double low, double high, int per_decade,
                                     int every) {
  std::vector<double> ticks;
  const int first = static_cast<int>(std::floor(std::log10(low) + kSlack));
  const int start =
      every * static_cast<int>(std::floor(static_cast<double>(first) / every));
  for (int decade = start;; decade += every) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor > 1 && per_decade == 1) continue;
      const double tick = factor * std::pow(10, decade);
      if (tick <= low * (1 + kSlack)) ticks.clear();
      ticks.push_back(tick);
      if (tick >= high * (1 - kSlack) && ticks.size() > 1) return ticks;
    }
  }
}

// Unit of a tick label: thousands and so on where numbers are long.
struct Unit {
  double size;
  const char* suffix;
};
Unit UnitOf(double largest) {
  if (largest < 1e5) return {1, ""};
  if (largest < 1e6) return {1e3, "k"};
  if (largest < 1e9) return {1e6, "M"};
  if (largest < 1e12) return {1e9, "G"};
  return {0, ""};  // written with an exponent
}

std::string LinearLabel(double tick, double distance, const Unit& unit) {
  constexpr int kMostDecimals = 4;
  const int decimals =
      unit.size == 0
          ? kMostDecimals + 1
          : static_cast<int>(std::max(
                0.0, -std::floor(std::log10(distance / unit.size) + kSlack)));
  if (decimals <= kMostDecimals) {
    return absl::StrCat(FixedNumber(tick / unit.size, decimals), unit.suffix);
  }
  if (std::fabs(tick) < distance / 2) return "0";
  const double ratio = std::fabs(tick) / distance;
  return SignificantNumber(
      tick, 1 + static_cast<int>(std::ceil(std::log10(ratio) - kSlack)));
}

}  // namespace

bool Drawable(double value) {
  return std::isfinite(value) && std::fabs(value) < kLargest;
}

Axis ExactAxis(double low, double high, int most) {
  Widen(&low, &high);
  Axis axis{low, high, false, NiceDistance((high - low) / (most - 1)), {}};
  PlaceTicks(&axis);
  return axis;
}

Axis LinearAxis(double low, double high, int most) {
  Axis axis = ExactAxis(low, high, most);
  axis.low =
      axis.tick_distance * std::floor(axis.low / axis.tick_distance + kSlack);
  axis.high =
      axis.tick_distance * std::ceil(axis.high / axis.tick_distance - kSlack);
  PlaceTicks(&axis);
  return axis;
}

Axis LogarithmicAxis(double low, double high, int most) {
  std::vector<double> ticks = LogarithmicTicks(low, high, 3, 1);
  for (int every = 1; static_cast<int>(ticks.size()) > most; ++every) {
    ticks = LogarithmicTicks(low, high, 1, every);
  }
  return {ticks.front(), ticks.back(), true, 0, ticks};
}

double Position(const Axis& axis, double value) {
  if (!axis.logarithmic) return (value - axis.low) / (axis.high - axis.low);
  return std::log(value / axis.low) / std::log(axis.high / axis.low);
}

std::vector<std::string> TickLabels(const Axis& axis) {
  std::vector<std::string> labels;
  const Unit unit = UnitOf(std::max(std::fabs(axis.low), std::fabs(axis.high)));
  for (const double tick : axis.ticks) {
    labels.push_back(axis.logarithmic
                         ? SignificantNumber(tick, 1)
                         : LinearLabel(tick, axis.tick_distance, unit));
  }
  return labels;
}

}  // namespace softfleet
