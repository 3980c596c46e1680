// SPDX-License-Identifier: Apache-2.0
// A thread with a name and an owner: joined where it goes out of scope, so
// that none outlives what it uses (but for one that hangs: Abandon). Not
// thread-safe: the owner's alone.
#ifndef SOFTFLEET_CORE_THREAD_H_
#define SOFTFLEET_CORE_THREAD_H_

#include <string>
#include <thread>
#include <utility>

namespace softfleet {

// Names the calling thread for `top -H`, debuggers and sanitizers. Linux keeps
// the first 15 bytes.
void SetThreadName(const std::string& name);

class Thread {
 public:
  // No thread.
  Thread() = default;
  // Runs `function` in a new thread.
  template <typename Function>
  Thread(std::string name, Function function)
      : thread_(
            [name = std::move(name), function = std::move(function)]() mutable {
              SetThreadName(name);
              function();
            }) {}
  Thread(Thread&&) = default;
  // Joins the thread that this one held.
  Thread& operator=(Thread&& other) {
    Join();
    thread_ = std::move(other.thread_);
    return *this;
  }
  // Waits for the function to return: who owns the thread tells it to before.
  ~Thread() { Join(); }

  // Lets a thread go that hangs in code which is not ours: it ends by itself,
  // or with the process. All that it still touches must be its own.
  void Abandon() { thread_.detach(); }

  // Waits for the function to return, if there is a thread.
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  // Whether there is a thread that has not been joined.
  bool joinable() const { return thread_.joinable(); }

 private:
  std::thread thread_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_THREAD_H_
