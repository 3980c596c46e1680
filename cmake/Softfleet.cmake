# SPDX-License-Identifier: Apache-2.0
# How rooms, programs and tests are declared.

set(SOFTFLEET_WARNINGS -Wall -Wextra)
if(SOFTFLEET_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

# softfleet_library(<room> SOURCES a.cc ... DEPS softfleet::core absl::x ...)
# One library per room: target softfleet_<room>, alias softfleet::<room>.
function(softfleet_library room)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(softfleet_${room} STATIC ${arg_SOURCES})
  add_library(softfleet::${room} ALIAS softfleet_${room})
  target_compile_options(softfleet_${room} PRIVATE ${SOFTFLEET_WARNINGS})
  target_include_directories(softfleet_${room} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(softfleet_${room} PUBLIC ${arg_DEPS}
                        PRIVATE ${arg_PRIVATE_DEPS})
endfunction()

# softfleet_test(<name> SOURCES a_test.cc ... DEPS softfleet::core ...)
# A GoogleTest program. Tests of its cases whose name contains "Golden" read
# SOFTFLEET_GOLDEN_DIR / SOFTFLEET_ENV_GOLDEN_DIR when they run.
function(softfleet_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${SOFTFLEET_WARNINGS})
  target_compile_definitions(${name} PRIVATE
    SOFTFLEET_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    SOFTFLEET_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gmock
                        GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
