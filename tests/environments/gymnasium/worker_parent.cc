// SPDX-License-Identifier: Apache-2.0
// usage: worker_parent
//
// Makes two environments, says the numbers of their processes, and steps the
// second one until that hangs, for ever.
#include <iostream>
#include <vector>

#include "tests/environments/gymnasium/gymnasium_fixture.h"

int main() {
  using namespace softfleet;
  EnvironmentOptions options = Faulty("hang");
  options.step_deadline = absl::InfiniteDuration();
  const auto idle = Make(Gymnasium("softfleet/Frames-v0"));
  const auto hanging = Make(options);
  std::cout << WorkerOf(*idle) << " " << WorkerOf(*hanging) << " "
            << std::flush;
  if (!hanging->Reset(1).ok()) return 1;
  while (hanging->Step(std::vector<float>{0}).ok()) {
  }
  return 1;
}
