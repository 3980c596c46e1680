# SPDX-License-Identifier: Apache-2.0
# LibTorch's CPU libraries from the unpacked wheel (scripts/setup puts it into
# the cache folder), as imported targets. find_package(Torch) is not used: it
# drags every CUDA library into every program and fails without a toolkit.
# Link libtorch_cpu last: it exports std:: template bodies that Debian's
# libraries would otherwise bind to.
include(cmake/WheelFolder.cmake)
softfleet_wheel_folder(LIBTORCH_ROOT TITLE LibTorch
                       FOLDER libtorch-2.11.0
                       LIBRARY torch/lib/libtorch_cpu.so)
get_filename_component(_torch "${LIBTORCH_ROOT}/torch" ABSOLUTE)

foreach(library c10 torch_cpu)
  add_library(softfleet_${library} SHARED IMPORTED)
  set_target_properties(softfleet_${library} PROPERTIES
    IMPORTED_LOCATION "${_torch}/lib/lib${library}.so")
endforeach()
add_library(libtorch_cpu INTERFACE)
# -idirafter: the wheel bundles protobuf headers that must lose to Debian's.
target_compile_options(libtorch_cpu INTERFACE
  "SHELL:-idirafter ${_torch}/include"
  "SHELL:-idirafter ${_torch}/include/torch/csrc/api/include")
target_link_libraries(libtorch_cpu INTERFACE softfleet_torch_cpu softfleet_c10)
# cudart and cupti are found by libtorch_cpu's own DT_RPATH at run time. CMake
# itself adds the rpath to the folder above, in the build and on installation
# (CMAKE_INSTALL_RPATH_USE_LINK_PATH).
target_link_options(libtorch_cpu INTERFACE "LINKER:--allow-shlib-undefined")
