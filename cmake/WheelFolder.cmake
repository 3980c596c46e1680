# SPDX-License-Identifier: Apache-2.0
# Where scripts/setup puts what it downloads.

# softfleet_cache_folder(<variable>)
# Sets the variable to the folder that holds it all.
function(softfleet_cache_folder variable)
  if(DEFINED ENV{SOFTFLEET_CACHE})
    set(folder "$ENV{SOFTFLEET_CACHE}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(folder "$ENV{XDG_CACHE_HOME}/softfleet")
  else()
    set(folder "$ENV{HOME}/.cache/softfleet")
  endif()
  set(${variable} "${folder}" PARENT_SCOPE)
endfunction()

# softfleet_wheel_folder(<variable> TITLE LibTorch FOLDER libtorch-2.11.0
#                        LIBRARY torch/lib/libtorch_cpu.so)
# Sets the cache variable to the folder that scripts/setup unpacked wheels into,
# or to that of the environment variable of the same name. An error says what
# to do if the library is not there.
function(softfleet_wheel_folder variable)
  cmake_parse_arguments(arg "" "TITLE;FOLDER;LIBRARY" "" ${ARGN})
  if(DEFINED ENV{${variable}})
    set(folder "$ENV{${variable}}")
  else()
    softfleet_cache_folder(folder)
    string(APPEND folder "/${arg_FOLDER}")
  endif()
  set(${variable} "${folder}" CACHE PATH
      "Folder that holds ${arg_LIBRARY} of ${arg_TITLE}")
  if(NOT EXISTS "${${variable}}/${arg_LIBRARY}")
    message(FATAL_ERROR
      "${arg_TITLE} is not in ${${variable}}: run scripts/setup, or pass "
      "-D${variable}=<folder that holds ${arg_LIBRARY}>")
  endif()
endfunction()
