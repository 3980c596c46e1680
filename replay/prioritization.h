// SPDX-License-Identifier: Apache-2.0
// The formulas of prioritized experience replay (Schaul et al. 2016,
// arXiv:1511.05952, proportional variant, section 3.3 and 3.4). `exponent` is
// the paper's alpha, `importance_exponent` its beta. Thread-safe: pure
// functions.
#ifndef SOFTFLEET_REPLAY_PRIORITIZATION_H_
#define SOFTFLEET_REPLAY_PRIORITIZATION_H_

#include <cstddef>
#include <span>

namespace softfleet {

// |td_error| + epsilon: what a row's last temporal-difference error makes it
// worth.
double Priority(double td_error, double epsilon);

// priority^exponent: a row is drawn with probability mass / total mass. 0
// draws uniformly.
double PriorityMass(double priority, double exponent);

// (count probability)^-importance_exponent: the weight that makes up for
// drawing one of `count` rows with this probability, before it is normalised.
double ImportanceWeight(double probability, double count,
                        double importance_exponent);

// Divides the weights by the largest among them, of a buffer or of a batch;
// the largest becomes 1. Does nothing to an empty span.
void NormaliseByMax(std::span<double> weights);

// The smallest i whose cumulative probability exceeds u in [0, 1), where i has
// probability masses[i] / total. Masses are >= 0, not all 0; an index without
// mass is never selected. Linear in the number of masses: the definition, not
// the way a large table draws.
size_t SelectIndex(std::span<const double> masses, double u);

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_PRIORITIZATION_H_
