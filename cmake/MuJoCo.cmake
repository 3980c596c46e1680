# SPDX-License-Identifier: Apache-2.0
# MuJoCo from the unpacked wheel (scripts/setup puts it into the cache folder),
# as the imported target softfleet_mujoco. The wheel has no plain libmujoco.so:
# the library is linked by its full name, which is its SONAME too. CMake adds
# the rpath to it in the build; installed programs find the copy below.
include(cmake/WheelFolder.cmake)
set(SOFTFLEET_MUJOCO_LIBRARY libmujoco.so.4.0.0)
softfleet_wheel_folder(MUJOCO_ROOT TITLE MuJoCo FOLDER mujoco-4.0.0
                       LIBRARY mujoco/${SOFTFLEET_MUJOCO_LIBRARY})
get_filename_component(_mujoco "${MUJOCO_ROOT}/mujoco" ABSOLUTE)

# Imported, so its headers are system headers.
add_library(softfleet_mujoco SHARED IMPORTED GLOBAL)
set_target_properties(softfleet_mujoco PROPERTIES
  IMPORTED_LOCATION "${_mujoco}/${SOFTFLEET_MUJOCO_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${_mujoco}/include")
