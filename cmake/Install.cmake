# SPDX-License-Identifier: Apache-2.0
# What other projects embed: static libraries of the rooms that need neither
# LibTorch nor protobuf, their headers, and the package that
# find_package(softfleet) reads. The prefix may be moved after installation.
include(CMakePackageConfigHelpers)

# Below it a header has the path it has in the tree: policy/bundle.h.
set(SOFTFLEET_INSTALL_HEADERS ${CMAKE_INSTALL_INCLUDEDIR}/softfleet)
set(SOFTFLEET_INSTALL_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/softfleet)

# softfleet_install_library(<room> [PRIVATE_HEADERS a.h ...])
# Installs the room's library, as softfleet::<room>, and its other headers.
function(softfleet_install_library room)
  cmake_parse_arguments(arg "" "" "PRIVATE_HEADERS" ${ARGN})
  set_target_properties(softfleet_${room} PROPERTIES EXPORT_NAME ${room})
  install(TARGETS softfleet_${room} EXPORT softfleet ARCHIVE)
  list(TRANSFORM arg_PRIVATE_HEADERS REPLACE "(.+)" "PATTERN;\\1;EXCLUDE")
  install(DIRECTORY ./ DESTINATION ${SOFTFLEET_INSTALL_HEADERS}/${room}
          FILES_MATCHING PATTERN *.h ${arg_PRIVATE_HEADERS})
endfunction()

# MuJoCo's library, which softfleet::environments links, and its licences. The
# package defines softfleet_mujoco for it, without MuJoCo's headers: no installed
# header includes them.
function(softfleet_install_mujoco)
  install(FILES "${_mujoco}/${SOFTFLEET_MUJOCO_LIBRARY}"
          DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY "${MUJOCO_ROOT}/licenses/"
          DESTINATION ${CMAKE_INSTALL_DOCDIR}/mujoco OPTIONAL)
endfunction()

# The package of all installed libraries. Versions 0.x promise nothing to each
# other.
function(softfleet_install_package)
  softfleet_install_mujoco()
  install(EXPORT softfleet NAMESPACE softfleet:: FILE softfleet-targets.cmake
          DESTINATION ${SOFTFLEET_INSTALL_PACKAGE})
  configure_package_config_file(cmake/softfleet-config.cmake.in
    softfleet-config.cmake INSTALL_DESTINATION ${SOFTFLEET_INSTALL_PACKAGE}
    PATH_VARS CMAKE_INSTALL_LIBDIR NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(softfleet-config-version.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/softfleet-config.cmake
                ${CMAKE_CURRENT_BINARY_DIR}/softfleet-config-version.cmake
          DESTINATION ${SOFTFLEET_INSTALL_PACKAGE})
endfunction()
