// SPDX-License-Identifier: Apache-2.0
// A bad network between two processes of a test: passes TCP connections on to
// a port of this machine, delays their bytes and cuts them off at random.
// Thread-safe; one thread.
#ifndef SOFTFLEET_TESTS_TESTING_TCP_PROXY_H_
#define SOFTFLEET_TESTS_TESTING_TCP_PROXY_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <string>

#include "absl/time/time.h"
#include "core/philox.h"
#include "core/thread.h"

namespace softfleet::testing {

class TcpProxy {
 public:
  struct Options {
    uint64_t seed = 0;
    // A connection is cut after a random number of bytes, this many on
    // average. 0 = never.
    uint64_t mean_bytes = 0;
    // Each piece of bytes waits for a random time below this.
    absl::Duration max_delay = absl::ZeroDuration();
  };
  // Passes connections on to 127.0.0.1:`target_port`.
  TcpProxy(int target_port, const Options& options);
  ~TcpProxy();

  int port() const { return port_; }
  std::string address() const;
  // From now on nothing is cut or delayed.
  void Heal() { healed_ = true; }
  // Cuts what is connected now.
  void CutAll();
  uint64_t cuts() const { return cuts_; }

 private:
  // Bytes on the way to one side.
  struct Piece {
    absl::Duration due;
    std::string bytes;
  };
  struct Way {
    std::deque<Piece> pieces;
    size_t waiting = 0;  // bytes
    bool ended = false;  // its source sends no more
  };
  struct Connection {
    int sockets[2];  // the client's, the target's
    Way ways[2];     // from sockets[i] to the other
    uint64_t left;   // bytes until it is cut
  };

  void Run();
  void Accept();
  // False when the connection has ended.
  bool Move(Connection& connection);
  bool Receive(Connection& connection, int from);
  bool Deliver(Connection& connection, int from);
  void Close(Connection& connection, bool abruptly);
  void Wait();

  const Options options_;
  const int target_port_;
  int listener_ = -1;
  int wake_ = -1;  // an eventfd
  int port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> healed_ = false;
  std::atomic<bool> cut_all_ = false;
  std::atomic<uint64_t> cuts_ = 0;
  Philox random_;
  std::list<Connection> connections_;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_TESTING_TCP_PROXY_H_
