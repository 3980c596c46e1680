// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/policy_subject.h"
#include "core/status.h"
#include "evaluation/audit_table.h"
#include "evaluation/make_audit_record.h"
#include "evaluation/make_evaluator.h"
#include "evaluation/perturbed_evaluation.h"
#include "run/config.h"

namespace softfleet {
namespace {

absl::StatusOr<PolicySubject> LoadSubject(FileSystem& files,
                                          const EvaluateFlags& flags) {
  SF_ASSIGN_OR_RETURN(PolicySubject subject,
                      LoadPolicySubject(files, flags.run_dir, flags.policy));
  v1::EvaluationConfig* evaluation = subject.config.mutable_evaluation();
  if (!flags.panel.empty()) evaluation->set_panel(flags.panel);
  if (flags.episodes.has_value()) {
    evaluation->clear_panel();
    evaluation->set_episodes(*flags.episodes);
  }
  return subject;
}

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

absl::Status Evaluate(const EvaluateFlags& flags) {
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const PolicySubject subject, LoadSubject(files, flags));
  const auto snapshot =
      std::make_shared<const Snapshot>(subject.bundle.snapshot);
  if (!flags.perturb.empty()) {
    SF_ASSIGN_OR_RETURN(
        const std::vector<PerturbedEvaluation> rows,
        EvaluatePerturbed(files, subject.config, flags.perturb, snapshot));
    Print(flags.json ? FormatPerturbedJson(rows) : FormatPerturbedTable(rows));
    return absl::OkStatus();
  }
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<Evaluator> evaluator,
                      MakeEvaluator(files, subject.config));
  SF_ASSIGN_OR_RETURN(const EvaluationResult result,
                      evaluator->Evaluate(snapshot));
  const AuditRecord record =
      MakeAuditRecord(result, *snapshot, ConfigHash(subject.config));
  Print(flags.json ? FormatAuditJson({record}) : FormatAuditTable({record}));
  return absl::OkStatus();
}

}  // namespace

int RunEvaluate(const EvaluateFlags& flags) {
  return ReportError(Evaluate(flags));
}

}  // namespace softfleet
