// SPDX-License-Identifier: Apache-2.0
// What all pages have in common: the frame with its style sheet and script,
// and the pieces above the charts. Thread-safe: free functions.
#ifndef SOFTFLEET_EVALUATION_REPORT_PAGE_H_
#define SOFTFLEET_EVALUATION_REPORT_PAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace softfleet {

// A whole page that needs nothing from the network. `title` is plain text,
// `body` HTML.
std::string RenderPage(absl::string_view title, absl::string_view body);

// A number of the headline, for a list of class "tiles"; all are HTML.
// `colour` is that of a chart's series ("s1"), or empty.
std::string RenderTile(absl::string_view name, absl::string_view value,
                       absl::string_view detail, absl::string_view colour = "");

// A box that names what could not be read; nothing where all could.
std::string RenderProblems(const std::vector<std::string>& problems);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_REPORT_PAGE_H_
