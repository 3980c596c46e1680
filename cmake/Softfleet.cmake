# SPDX-License-Identifier: Apache-2.0
# How rooms, programs, tests and benchmarks are declared.

set(SOFTFLEET_WARNINGS -Wall -Wextra)
if(SOFTFLEET_SANITIZE)
  foreach(option -fsanitize=${SOFTFLEET_SANITIZE} -fno-omit-frame-pointer
                 -fno-sanitize-recover=undefined)
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:${option}>")
  endforeach()
  add_link_options(-fsanitize=${SOFTFLEET_SANITIZE})
endif()
# Part of every program and test.
if(SOFTFLEET_SANITIZE STREQUAL thread)
  set(SOFTFLEET_SANITIZER_SOURCES
      ${CMAKE_SOURCE_DIR}/tests/testing/thread_sanitizer.cc)
endif()

# softfleet_library(<room> SOURCES a.cc ... DEPS softfleet::core absl::x ...)
# One library per room: target softfleet_<room>, alias softfleet::<room>.
# Header-only PRIVATE_DEPS of installed rooms stand in $<BUILD_INTERFACE:...>:
# whoever links the installed library does not need them.
function(softfleet_library room)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(softfleet_${room} STATIC ${arg_SOURCES})
  add_library(softfleet::${room} ALIAS softfleet_${room})
  target_compile_options(softfleet_${room} PRIVATE ${SOFTFLEET_WARNINGS})
  target_include_directories(softfleet_${room} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${SOFTFLEET_INSTALL_HEADERS}>)
  target_compile_features(softfleet_${room} PUBLIC cxx_std_20)
  target_link_libraries(softfleet_${room} PUBLIC ${arg_DEPS}
                        PRIVATE ${arg_PRIVATE_DEPS})
endfunction()

# softfleet_program(<name> SOURCES main.cc ... DEPS softfleet::run ...)
# A program in <build>/bin, installed into <prefix>/bin.
function(softfleet_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES} ${SOFTFLEET_SANITIZER_SOURCES})
  target_compile_options(${name} PRIVATE ${SOFTFLEET_WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
  install(TARGETS ${name} RUNTIME)
endfunction()

# softfleet_test(<name> SOURCES a_test.cc ... DEPS softfleet::core ...
#                [LABELS long] [TIMEOUT seconds])
# A GoogleTest program. Tests of its cases whose name contains "Golden" read
# SOFTFLEET_GOLDEN_DIR / SOFTFLEET_ENV_GOLDEN_DIR when they run. Those with the
# label long are left to `make test-long`.
function(softfleet_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set(properties TIMEOUT ${arg_TIMEOUT})
  if(arg_LABELS)
    list(APPEND properties LABELS "${arg_LABELS}")
  endif()
  add_executable(${name} ${arg_SOURCES} ${SOFTFLEET_SANITIZER_SOURCES})
  target_compile_options(${name} PRIVATE ${SOFTFLEET_WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE
    SOFTFLEET_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    SOFTFLEET_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gmock
                        GTest::gtest_main)
  include(GoogleTest)
  # NO_PRETTY_VALUES: a parameter printed as bytes would change a test's name
  # from run to run.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
    PROPERTIES ${properties})
endfunction()

# softfleet_python_test(<name> ARGUMENTS -m pytest <folder> ...
#                       [LABELS long] [TIMEOUT seconds])
# A test that the Python of tests/testing/python.h runs; skipped without it.
softfleet_cache_folder(_cache)
set(SOFTFLEET_TEST_PYTHON "${_cache}/python-tests/bin/python" CACHE FILEPATH
    "Python that has the packages of scripts/python-tests.txt")
function(softfleet_python_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "ARGUMENTS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME ${name}
    COMMAND Python3::Interpreter -B
            ${CMAKE_SOURCE_DIR}/tests/testing/run_with_test_python.py
            ${SOFTFLEET_TEST_PYTHON} ${arg_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
    SKIP_RETURN_CODE 77 LABELS "${arg_LABELS}")
endfunction()

# softfleet_benchmark(<name> SOURCES a_benchmark.cc ... DEPS softfleet::x ...)
# A program in <build>/benchmarks that `make bench` runs without arguments. Link
# benchmark::benchmark_main (google benchmark) where it has no main of its own.
function(softfleet_benchmark name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/benchmarks)
  target_compile_options(${name} PRIVATE ${SOFTFLEET_WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
endfunction()
