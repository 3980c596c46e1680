// SPDX-License-Identifier: Apache-2.0
// Certificates for one test, made with the openssl command.
#ifndef SOFTFLEET_TESTS_TRANSPORT_CERTIFICATES_H_
#define SOFTFLEET_TESTS_TRANSPORT_CERTIFICATES_H_

#include <string>

#include "tests/core/test_directory.h"
#include "transport/channel.h"

namespace softfleet {

class Certificates {
 public:
  // Whether there is an openssl command.
  static bool Available();

  // <name>.crt and <name>.key of an authority.
  void MakeAuthority(const std::string& name);
  // The files of a certificate by `authority` for `hosts`
  // ("IP:127.0.0.1,DNS:localhost"), valid for `days`.
  TlsFiles Make(const std::string& name, const std::string& authority,
                const std::string& hosts, int days = 2);
  // Runs `openssl <arguments>` in the directory.
  void Run(const std::string& arguments);

  std::string operator/(const std::string& name) const {
    return directory_ / name;
  }

 private:
  TestDirectory directory_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TRANSPORT_CERTIFICATES_H_
