// SPDX-License-Identifier: Apache-2.0
// usage: step_environments
//
// Takes one step in each environment the installed library knows and prints
// its name and reward.
#include <iostream>
#include <vector>

#include "environments/environment.h"
#include "environments/registry.h"

int main() {
  for (const std::string& name : softfleet::EnvironmentNames()) {
    const auto environment = softfleet::MakeEnvironment({.name = name}).value();
    if (!environment->Reset(1).ok()) return 1;
    const softfleet::EnvironmentSpec& spec = environment->spec();
    const std::vector<float> action(spec.action.dimension);
    const auto result = spec.action.continuous() ? environment->Step(action)
                                                 : environment->Step(0);
    std::cout << name << " " << result.value().reward << "\n";
  }
}
