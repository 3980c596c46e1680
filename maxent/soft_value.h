// SPDX-License-Identifier: Apache-2.0
// The soft value of one state with finitely many actions, and the policy that
// attains it: the closed forms behind maximum-entropy reinforcement learning
// (Ziebart 2010, chapter 5; Haarnoja et al. 2017, eqs. 4 to 6).
//
// With Q the value of each action and alpha >= 0 the temperature, both in the
// unit of the return,
//   V    = max over policies pi of sum_a pi(a) Q(a) + alpha H(pi)
//        = alpha log sum_a exp(Q(a) / alpha),
//   pi*  = exp((Q - V) / alpha),  H(pi*) = -sum_a pi*(a) log pi*(a) in nats,
// where the sum has no factor 1/|A|: V exceeds max Q by up to alpha ln |A|.
//
// alpha = 0 is the limit alpha -> 0: V = max Q, and the actions that attain the
// maximum share the probability equally. All numbers are computed relative to
// max Q, so nothing overflows unless V itself does; an exp((Q - max Q) / alpha)
// that underflows is a probability of exactly 0, as in the limit. With a tiny
// alpha > 0 only actions whose values are equal to the last bit share.
//
// Errors, the same for all three functions: InvalidArgument where Q is empty or
// has a number that is not finite, or alpha is negative or not finite.
// Thread-safe: pure functions.
#ifndef SOFTFLEET_MAXENT_SOFT_VALUE_H_
#define SOFTFLEET_MAXENT_SOFT_VALUE_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace softfleet {

// V of q [actions].
absl::StatusOr<double> SoftValue(std::span<const double> q, double alpha);

// pi* of q [actions]: [actions], sums to 1.
absl::StatusOr<std::vector<double>> BoltzmannPolicy(std::span<const double> q,
                                                    double alpha);

// H(pi*) of q [actions], in [0, ln(actions)]. From the log-probabilities, so
// that an almost deterministic policy's entropy keeps all its digits.
absl::StatusOr<double> BoltzmannEntropy(std::span<const double> q,
                                        double alpha);

}  // namespace softfleet

#endif  // SOFTFLEET_MAXENT_SOFT_VALUE_H_
