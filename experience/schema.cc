// SPDX-License-Identifier: Apache-2.0
#include "experience/schema.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/status.h"

namespace softfleet {
namespace {

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/';
}

absl::Status CheckName(const std::string& name) {
  if (!name.empty() && std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("observation group name \"", name,
                   "\" is not made of letters, digits and _ - . /"));
}

// Divides instead of multiplying: a shape from outside must not overflow.
absl::Status CheckShape(const Shape& shape) {
  int64_t room = Schema::kMaxElements;
  for (const int64_t size : shape) {
    if (size < 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "shape ", ShapeString(shape), " has a size below 1: ", size));
    }
    room /= size;
  }
  if (room > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("shape ", ShapeString(shape), " has more than ",
                   Schema::kMaxElements, " elements"));
}

absl::Status CheckGroup(const ObservationGroup& group) {
  SF_RETURN_IF_ERROR(CheckName(group.name));
  const std::string context =
      absl::StrCat("observation group \"", group.name, "\"");
  if (group.dtype != DType::kF32 && group.dtype != DType::kU8) {
    return absl::InvalidArgumentError(absl::StrCat(
        context, ": dtype ", DTypeName(group.dtype), " is neither F32 nor U8"));
  }
  return Annotate(CheckShape(group.shape), context);
}

// The size that `kind` uses must be at least 1, the other one unset.
absl::Status CheckAction(const ActionSpec& action) {
  const bool continuous = action.continuous();
  const int64_t used = continuous ? action.dimension : action.num_actions;
  const int64_t unused = continuous ? action.num_actions : action.dimension;
  if (used >= 1 && used <= Schema::kMaxElements && unused == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("action: dimension ", action.dimension, " and num_actions ",
                   action.num_actions, " do not fit a ",
                   continuous ? "continuous" : "discrete", " action (1 to ",
                   Schema::kMaxElements, " of its own, 0 of the other)"));
}

std::string DescribeAction(const ActionSpec& action) {
  return action.continuous()
             ? absl::StrCat("action:continuous[", action.dimension, "]")
             : absl::StrCat("action:discrete[", action.num_actions, "]");
}

}  // namespace

absl::Status Schema::Validate() const {
  if (observations.empty()) {
    return absl::InvalidArgumentError("schema has no observation group");
  }
  std::set<std::string> names;
  for (const ObservationGroup& group : observations) {
    SF_RETURN_IF_ERROR(CheckGroup(group));
    if (!names.insert(group.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("observation group \"", group.name, "\" appears twice"));
    }
  }
  SF_RETURN_IF_ERROR(CheckAction(action));
  if (frame_stack < 1 || frame_stack > kMaxFrameStack) {
    return absl::InvalidArgumentError(absl::StrCat(
        "frame_stack ", frame_stack, " is not in 1 to ", kMaxFrameStack));
  }
  return absl::OkStatus();
}

int64_t Schema::ObservationElements() const {
  int64_t elements = 0;
  for (const ObservationGroup& group : observations) {
    elements += group.elements();
  }
  return elements;
}

std::string Schema::Describe() const {
  std::string text;
  for (const ObservationGroup& group : observations) {
    absl::StrAppend(&text, group.name, ":", DTypeName(group.dtype), "[",
                    absl::StrJoin(group.shape, ","), "] ");
  }
  absl::StrAppend(&text, DescribeAction(action), " stack:", frame_stack);
  return text;
}

}  // namespace softfleet
