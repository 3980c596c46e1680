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

// Powers of ten within [low, high], of every so-manyth decade, and (`between`)
// their multiples by 2 and 5.
std::vector<double> LogarithmicTicks(double low, double high, bool between,
                                     int every) {
  std::vector<double> ticks;
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  int decade = static_cast<int>(std::floor(std::log10(low)));
  decade -= (decade % every + every) % every;  // the same ones for any range
  for (; decade <= last; decade += every) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, decade);
      if (factor > 1 && !between) break;
      if (tick >= low * (1 - kSlack) && tick <= high * (1 + kSlack)) {
        ticks.push_back(tick);
      }
    }
  }
  return ticks;
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

// "0.05", "2", "2.5": as short as it can be without changing the value.
std::string LogarithmicLabel(double tick) {
  constexpr int kMostDigits = 4;
  for (int digits = 1; digits < kMostDigits; ++digits) {
    const double scale =
        std::pow(10, digits - 1 - std::floor(std::log10(tick) + kSlack));
    const double rounded = std::round(tick * scale);
    if (std::fabs(rounded - tick * scale) < 1e-6 * rounded) {
      return SignificantNumber(tick, digits);
    }
  }
  return SignificantNumber(tick, kMostDigits);
}

}  // namespace

bool Drawable(double value) {
  return std::isfinite(value) && std::fabs(value) < kLargest;
}

Axis LinearAxis(double low, double high, int most) {
  Widen(&low, &high);
  Axis axis{low, high, false, NiceDistance((high - low) / (most - 1)), {}};
  PlaceTicks(&axis);
  return axis;
}

Axis LogarithmicAxis(double low, double high, int most) {
  constexpr size_t kFewest = 3;
  constexpr double kNarrowestRatio = 1.02;  // labels have four digits
  if (high / low < kNarrowestRatio) {
    low /= 1.1;
    high *= 1.1;
  }
  Axis axis{low, high, true, 0, LogarithmicTicks(low, high, true, 1)};
  if (axis.ticks.size() < kFewest) {
    axis.ticks = LinearAxis(low, high, most).ticks;
    std::erase_if(axis.ticks, [](double tick) { return tick <= 0; });
  }
  for (int every = 1; axis.ticks.size() > static_cast<size_t>(most); ++every) {
    axis.ticks = LogarithmicTicks(low, high, false, every);
  }
  return axis;
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
                         ? LogarithmicLabel(tick)
                         : LinearLabel(tick, axis.tick_distance, unit));
  }
  return labels;
}

}  // namespace softfleet
