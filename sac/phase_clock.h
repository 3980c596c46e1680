// SPDX-License-Identifier: Apache-2.0
// Where an update's time goes. An engine that was given a PhaseClock says which
// phase begins; the one before ends there, so that a thread's phases have no
// gaps between them. Without a clock a mark is one comparison with null:
//
//   EnterPhase(clock_, UpdatePhase::kCriticForward);
//
// C++17, standard library only. Each thread writes its own lane; lanes are read
// when no update is under way.
#ifndef SOFTFLEET_SAC_PHASE_CLOCK_H_
#define SOFTFLEET_SAC_PHASE_CLOCK_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace softfleet {

// In about the order in which an update comes to them. One that an engine does
// together with another counts as the one that is named first.
enum class UpdatePhase {
  kSample,           // ids drawn, rows gathered, normalised
  kNoise,            // of the two actions, and the critics' subset
  kActorForward,     // at s and at s', with the heads
  kTemperature,      // its Adam step
  kTargetCritics,    // at s', and y
  kCriticForward,    // at the stored actions, and the error
  kCriticBackward,   // to the gradients of all critics
  kCriticStep,       // Adam of all critics; targets follow (the fused engine
                     // steps in the phase before and packs weights here)
  kActorCriticPass,  // critics at the new action, back to that action
  kActorBackward,    // from there to the gradients of the actor
  kActorStep,        // Adam of the actor (and here)
  kOther,            // statistics, checks
};
inline constexpr int kUpdatePhases = 12;

// "actor forward".
inline const char* UpdatePhaseName(UpdatePhase phase) {
  constexpr const char* kNames[kUpdatePhases] = {
      "sampling and gather", "noise",
      "actor forward",       "temperature",
      "target critics",      "critic forward",
      "critic backward",     "critic Adam and targets",
      "actor's critic pass", "actor backward",
      "actor Adam",          "statistics and checks"};
  return kNames[static_cast<int>(phase)];
}

class PhaseClock {
 public:
  struct Span {
    UpdatePhase phase;
    int64_t begin;  // nanoseconds of the clock
    int64_t end;
  };

  // Lanes for that many threads; lane 0 is the caller's. `now` gives
  // nanoseconds that never fall.
  explicit PhaseClock(int threads = 1, int64_t (*now)() = SteadyNanoseconds)
      : now_(now), lanes_(static_cast<size_t>(threads)) {}

  // The thread is in `phase` from now on.
  void Enter(UpdatePhase phase, int thread = 0) {
    Lane& lane = lanes_[static_cast<size_t>(thread)];
    const int64_t now = now_();
    Close(&lane, now);
    lane.phase = phase;
    lane.begin = now;
    lane.open = true;
  }
  // It is in none: its update has ended, or it waits for work.
  void Leave(int thread = 0) {
    Lane& lane = lanes_[static_cast<size_t>(thread)];
    Close(&lane, now_());
    lane.open = false;
  }

  int threads() const { return static_cast<int>(lanes_.size()); }
  const std::vector<Span>& spans(int thread) const {
    return lanes_[static_cast<size_t>(thread)].spans;
  }
  // Forgets all spans.
  void Clear() {
    for (Lane& lane : lanes_) lane.spans.clear();
  }

  static int64_t SteadyNanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

 private:
  struct alignas(64) Lane {
    std::vector<Span> spans;
    UpdatePhase phase = UpdatePhase::kOther;
    int64_t begin = 0;
    bool open = false;
  };

  static void Close(Lane* lane, int64_t now) {
    if (lane->open) lane->spans.push_back({lane->phase, lane->begin, now});
  }

  int64_t (*now_)();
  std::vector<Lane> lanes_;
};

// Does nothing without a clock.
inline void EnterPhase(PhaseClock* clock, UpdatePhase phase, int thread = 0) {
  if (clock != nullptr) clock->Enter(phase, thread);
}
inline void LeavePhase(PhaseClock* clock, int thread = 0) {
  if (clock != nullptr) clock->Leave(thread);
}

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_PHASE_CLOCK_H_
