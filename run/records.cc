// SPDX-License-Identifier: Apache-2.0
#include "run/records.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/log.h"
#include "core/status.h"

namespace softfleet {
namespace {

// Whole numbers below this are exact, and clearer without an exponent.
constexpr double kExactWholeNumbers = 9007199254740992.0;  // 2^53

// The step of a line of `columns` numbers (or empty fields); nullopt for
// anything else.
std::optional<double> StepOf(absl::string_view line, size_t columns) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ',');
  if (fields.size() != columns) return std::nullopt;
  double value = 0;
  for (const absl::string_view field : fields) {
    if (!field.empty() && !absl::SimpleAtod(field, &value)) {
      return std::nullopt;
    }
  }
  if (!absl::SimpleAtod(fields[0], &value)) return std::nullopt;
  return value;
}

// How many bytes of `text` to keep: the header and the rows up to `keep_step`.
size_t BytesToKeep(absl::string_view text, size_t header, size_t columns,
                   uint64_t keep_step, const std::string& path) {
  size_t kept = header;
  while (true) {
    const size_t end = text.find('\n', kept);
    if (end == absl::string_view::npos) return kept;
    const absl::string_view line = text.substr(kept, end - kept);
    const std::optional<double> step = StepOf(line, columns);
    if (!step.has_value()) {
      LogWarning(absl::StrCat(path, ": cut off at \"", line.substr(0, 60),
                              "\", which is no row of ", columns, " numbers"));
      return kept;
    }
    if (*step > static_cast<double>(keep_step)) return kept;
    kept = end + 1;
  }
}

// The size of a record cut back to `keep_step`; of a new one, its header's.
absl::StatusOr<uint64_t> CreateOrCut(FileSystem& files, const std::string& path,
                                     const std::string& header, size_t columns,
                                     uint64_t keep_step) {
  if (!files.Exists(path)) {
    SF_RETURN_IF_ERROR(WriteFileAtomically(files, path, header));
    return header.size();
  }
  SF_ASSIGN_OR_RETURN(const std::string text, files.Read(path));
  if (!absl::StartsWith(text, header)) {
    const absl::string_view line =
        absl::string_view(text).substr(0, text.find('\n'));
    return absl::FailedPreconditionError(absl::StrCat(
        path, " has the columns \"", line, "\", this program writes \"",
        absl::StripSuffix(header, "\n"), "\""));
  }
  const size_t keep =
      BytesToKeep(text, header.size(), columns, keep_step, path);
  if (keep < text.size()) SF_RETURN_IF_ERROR(files.Truncate(path, keep));
  return keep;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CsvRecord>> CsvRecord::Open(
    FileSystem& files, const std::string& path,
    const std::vector<std::string>& columns, uint64_t keep_step) {
  const std::string header = absl::StrCat(absl::StrJoin(columns, ","), "\n");
  std::unique_ptr<CsvRecord> record(new CsvRecord(files, path, columns.size()));
  SF_ASSIGN_OR_RETURN(record->size_, CreateOrCut(files, path, header,
                                                 columns.size(), keep_step));
  SF_ASSIGN_OR_RETURN(record->file_,
                      files.Open(path, FileSystem::OpenMode::kAppend));
  return record;
}

absl::Status CsvRecord::Append(const std::vector<double>& values) {
  if (values.size() != columns_) {
    return absl::InvalidArgumentError(absl::StrCat(path_, " has ", columns_,
                                                   " columns, the row has ",
                                                   values.size(), " values"));
  }
  if (torn_) SF_RETURN_IF_ERROR(files_->Truncate(path_, size_));
  const std::string row =
      absl::StrCat(absl::StrJoin(values, ",",
                                 [](std::string* out, double value) {
                                   if (!std::isnan(value)) {
                                     out->append(ShortestNumber(value));
                                   }
                                 }),
                   "\n");
  torn_ = true;
  SF_RETURN_IF_ERROR(file_->Append(row));
  torn_ = false;
  size_ += row.size();
  return absl::OkStatus();
}

absl::Status CsvRecord::Sync() { return file_->Sync(); }

std::string ShortestNumber(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 32> text;  // the longest double takes 24
  const bool whole =
      std::trunc(value) == value && std::fabs(value) < kExactWholeNumbers;
  const std::to_chars_result end =
      whole ? std::to_chars(text.begin(), text.end(), value,
                            std::chars_format::fixed)
            : std::to_chars(text.begin(), text.end(), value);
  return std::string(text.begin(), end.ptr);
}

}  // namespace softfleet
