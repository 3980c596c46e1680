// SPDX-License-Identifier: Apache-2.0
#include "environments/navigation/point_mass_grid.h"

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

constexpr std::array<Cell, 4> kMoves = {{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};

Point Middle(Cell cell) { return {cell.x + 0.5, cell.y + 0.5}; }

}  // namespace

EnvironmentSpec PointMassGridSpec() {
  EnvironmentSpec spec;
  spec.name = "PointMassGrid-v0";
  spec.observations = {{"state", DType::kF32, {2}}};
  spec.action = {ActionSpec::Kind::kDiscrete, 0, kMoves.size()};
  spec.max_episode_steps = 100;
  return spec;
}

PointMassGrid::PointMassGrid(const NavigationOptions& options)
    : Navigation(PointMassGridSpec(), 2, options) {}

Point PointMassGrid::DrawPosition(Philox& /*random*/, Cell cell) const {
  return Middle(cell);
}

absl::Status PointMassGrid::CheckBody(std::span<const double> body) const {
  const Point at = {body[0], body[1]};
  if (at == Middle(TwoWaysMap::CellOf(at))) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("state: x = ", at.x, ", y = ", at.y,
                   " is not the middle of a cell, as -4.5, 0.5 is"));
}

std::optional<Way> PointMassGrid::MoveBody(std::span<const float> /*action*/,
                                           int32_t index,
                                           std::span<double> body) const {
  const Cell from = TwoWaysMap::CellOf({body[0], body[1]});
  const Cell move = kMoves[static_cast<size_t>(index)];
  const Cell to = {from.x + move.x, from.y + move.y};
  if (!map().IsOpen(from, to)) return std::nullopt;
  body[0] = Middle(to).x;
  body[1] = Middle(to).y;
  return TwoWaysMap::Crossing(from, to);
}

}  // namespace softfleet
