// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/certificates.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"

namespace softfleet {
namespace {

constexpr char kKeyKind[] =
    "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

}  // namespace

bool Certificates::Available() {
  return std::system("openssl version > /dev/null 2>&1") == 0;
}

void Certificates::Run(const std::string& arguments) {
  const std::string command = absl::StrCat(
      "cd '", directory_.path(), "' && openssl ", arguments, " 2> openssl.log");
  EXPECT_EQ(std::system(command.c_str()), 0)
      << command << "\n"
      << *RealFileSystem().Read(directory_ / "openssl.log");
}

void Certificates::MakeAuthority(const std::string& name) {
  Run(absl::StrCat("req -x509 ", kKeyKind, " -days 2 -subj /CN=", name,
                   " -keyout ", name, ".key -out ", name, ".crt"));
}

TlsFiles Certificates::Make(const std::string& name,
                            const std::string& authority,
                            const std::string& hosts, int days) {
  Run(absl::StrCat("req ", kKeyKind, " -subj /CN=", name, " -keyout ", name,
                   ".key -out ", name, ".csr -addext subjectAltName=", hosts));
  Run(absl::StrCat("x509 -req -in ", name, ".csr -copy_extensions copy -CA ",
                   authority, ".crt -CAkey ", authority,
                   ".key -CAcreateserial -days ", days, " -out ", name,
                   ".crt"));
  return {*this / (name + ".crt"), *this / (name + ".key"),
          *this / (authority + ".crt")};
}

}  // namespace softfleet
