// SPDX-License-Identifier: Apache-2.0
#include "evaluation/report_page.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "evaluation/html.h"

namespace softfleet {

// Generated from evaluation/report/report.css and report.js.
extern const unsigned char kReportCss[];
extern const size_t kReportCssSize;
extern const unsigned char kReportJs[];
extern const size_t kReportJsSize;

namespace {

absl::string_view Embedded(const unsigned char* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string RenderPage(absl::string_view title, absl::string_view body) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n",
      // The browser itself keeps the page off the network.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>",
      EscapeHtml(title), "</title>\n<style>\n",
      Embedded(kReportCss, kReportCssSize),
      "</style>\n</head>\n<body>\n<main>\n", body, "</main>\n<script>\n",
      Embedded(kReportJs, kReportJsSize), "</script>\n</body>\n</html>\n");
}

std::string RenderTile(absl::string_view name, absl::string_view value,
                       absl::string_view detail, absl::string_view colour) {
  return absl::StrCat("<div class=\"tile ", colour, "\"><dt>", name,
                      "</dt><dd>", value, "<small>", detail,
                      "</small></dd></div>\n");
}

std::string RenderProblems(const std::vector<std::string>& problems) {
  if (problems.empty()) return "";
  std::string html =
      "<div class=\"problems\" role=\"alert\"><p>Some of this run could not "
      "be read:</p><ul>";
  for (const std::string& problem : problems) {
    absl::StrAppend(&html, "<li>", EscapeHtml(problem), "</li>");
  }
  return absl::StrCat(html, "</ul></div>\n");
}

}  // namespace softfleet
