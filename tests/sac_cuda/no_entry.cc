// SPDX-License-Identifier: Apache-2.0
// A library that is no plug-in.
extern "C" int softfleet_test_no_entry() { return 0; }
