// SPDX-License-Identifier: Apache-2.0
// Macros that propagate absl::Status, and the one helper that adds context to
// a message on its way up. Thread-safe: no state.
#ifndef SOFTFLEET_CORE_STATUS_H_
#define SOFTFLEET_CORE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Returns from the enclosing function when `expr` is not OK.
#define SF_RETURN_IF_ERROR(expr)             \
  do {                                       \
    absl::Status sf_status_ = (expr);        \
    if (!sf_status_.ok()) return sf_status_; \
  } while (false)

#define SF_STATUS_CONCAT_INNER_(a, b) a##b
#define SF_STATUS_CONCAT_(a, b) SF_STATUS_CONCAT_INNER_(a, b)
#define SF_ASSIGN_OR_RETURN_IMPL_(result, lhs, expr) \
  auto result = (expr);                              \
  if (!result.ok()) return result.status();          \
  lhs = std::move(result).value()

// Evaluates `expr` (a StatusOr); assigns its value to `lhs` or returns its
// status. `lhs` may declare a variable.
#define SF_ASSIGN_OR_RETURN(lhs, expr)                                      \
  SF_ASSIGN_OR_RETURN_IMPL_(SF_STATUS_CONCAT_(sf_statusor_, __LINE__), lhs, \
                            expr)

namespace softfleet {

// `status` with "context: " put before its message; OK stays OK.
inline absl::Status Annotate(const absl::Status& status,
                             absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(context, ": ", status.message()));
}

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_STATUS_H_
