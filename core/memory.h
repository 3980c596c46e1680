// SPDX-License-Identifier: Apache-2.0
// How the process treats its heap.
#ifndef SOFTFLEET_CORE_MEMORY_H_
#define SOFTFLEET_CORE_MEMORY_H_

namespace softfleet {

// Keeps freed memory for the next allocation instead of handing it back to
// the system. An update allocates and frees the same hundreds of kilobytes
// each time; by default glibc maps and unmaps them, and the page faults cost a
// fifth of an update with 256-wide layers. Call first thing in main.
void KeepFreedMemory();

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_MEMORY_H_
