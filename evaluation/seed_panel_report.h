// SPDX-License-Identifier: Apache-2.0
// The page of a seed panel: what the runs say together, and each beside the
// others. Made of the pieces of a single run's report; reads no files. Equal
// data give an equal page. Thread-safe: a free function.
#ifndef SOFTFLEET_EVALUATION_SEED_PANEL_REPORT_H_
#define SOFTFLEET_EVALUATION_SEED_PANEL_REPORT_H_

#include <string>

#include "evaluation/seed_panel.h"

namespace softfleet {

std::string RenderSeedPanelReport(const SeedPanelData& data);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_SEED_PANEL_REPORT_H_
