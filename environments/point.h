// SPDX-License-Identifier: Apache-2.0
// A place in the plane. A value.
#ifndef SOFTFLEET_ENVIRONMENTS_POINT_H_
#define SOFTFLEET_ENVIRONMENTS_POINT_H_

namespace softfleet {

struct Point {  // or what is between two, m
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_POINT_H_
