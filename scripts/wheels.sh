# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # variables of scripts/setup
# Pinned wheels, unpacked into the cache folder. scripts/setup sources this file
# and describes the set of wheels at hand in these variables:
#
#   title         what people call it: "LibTorch 2.11.0"
#   kind          its name for unpack_wheels.py, or python: an environment whose
#                 bin/python can import the wheels
#   requirements  the files that pin its wheels
#   root          the folder it is, or will be, in
#   own           the variable in which one names a folder of one's own, if any
#   library       a file that such a folder holds
#   download      megabytes to download
#   space         megabytes needed while it is set up
#
# A folder is complete if its stamp is there, and a stamp is written last. What
# an interrupted set-up left is used or cleared by the next one.

# A folder that the user names takes the place of the cache's.
choose_own_root() {
  [[ -z ${!own:-} ]] || root=${!own}
  [[ $root == /* ]] || root=$PWD/$root
}

# What a finished folder's stamp must say: any change of the pinned wheels or of
# what is kept of them makes another stamp.
expected_stamp() {
  local sources=("${requirements[@]}")
  [[ $kind == python ]] || sources+=("$scripts/unpack_wheels.py")
  printf '%s %s %s\n' "$title" "$kind" "$(cat "${sources[@]}" | sha256sum)"
}

wheels_ready() {
  [[ -f $root/.softfleet-stamp ]] &&
    [[ $(<"$root/.softfleet-stamp") == "$(expected_stamp)" ]]
}

# One set-up at a time changes the cache folder: waits for another one's end.
lock_cache() {
  mkdir -p "$cache" || fail "cannot make the cache folder $cache"
  exec 9>"$cache/setup.lock"
  if ! flock --nonblock 9; then
    say "another set-up is at work in $cache; waiting for it"
    flock 9
  fi
}

# Says and exits when the cache's file system has too little space left.
require_space() {
  local free
  free=$(df --output=avail --block-size=1M "$cache" | tail -n 1)
  ((free >= space)) ||
    fail "not enough disk space for $title: $cache has $((free)) MB left, $space MB are needed"
}

# The first python3 that has pip: a version manager's may lack it while
# Debian's has it.
python_with_pip() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then
      printf '%s\n' "$python"
      return 0
    fi
  done
  return 1
}

# Says why pip stopped, as its output in $1 tells.
fail_like_pip() {
  if grep -q 'DO NOT MATCH THE HASHES' "$1"; then
    fail "a downloaded wheel is not the pinned one (hash mismatch above); try again, and do not trust the package index if it happens twice"
  elif grep -q 'No space left on device' "$1"; then
    fail "the disk is full: $cache or ${TMPDIR:-/tmp} (pip's temporary files)"
  elif grep -Eqi 'connection|resolution|timed out|proxy|ssl|no matching distribution|network|HTTP error|index could not be' "$1"; then
    local remedy="Run scripts/setup again with a network"
    [[ -z $own ]] ||
      remedy+=", or set $own to a folder that holds $library of $title"
    fail "the wheels of $title could not be downloaded (network, proxy or package index; see above). $remedy"
  fi
  fail "pip failed (see above)"
}

# Downloads the pinned wheels into $1. Those already there are used again if
# their hashes are right.
download_wheels() {
  local folder=$1 python options=() file
  python=$(python_with_pip) ||
    fail "python3 has no pip; install it (Debian: apt-get install python3-pip)"
  for file in "${requirements[@]}"; do options+=(--requirement "$file"); done
  # The platform is fixed, so the wheels do not depend on this machine's Python.
  "$python" -m pip download --disable-pip-version-check --no-cache-dir \
    --progress-bar off --retries 5 --no-deps --require-hashes \
    --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 \
    --abi abi3 --abi none --platform manylinux_2_28_x86_64 \
    --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux2014_x86_64 \
    "${options[@]}" --dest "$folder" 2>&1 | tee "$folder/pip.log" && return 0
  if grep -q 'DO NOT MATCH THE HASHES' "$folder/pip.log"; then
    rm -f "$folder"/*.whl
  fi
  fail_like_pip "$folder/pip.log"
}

unpack_wheels() {
  local wheels=$1 new=$2 status=0
  "$(python_with_pip)" "$scripts/unpack_wheels.py" "$kind" "$wheels" "$new" ||
    status=$?
  ((status == 0)) || rm -rf "$new"
  if ((status == 28)); then
    fail "the disk is full: unpacking into $new stopped"
  elif ((status != 0)); then
    rm -rf "$wheels"
    fail "unpacking $title failed (see above); run scripts/setup again"
  fi
}

# A Python 3.11, which the pinned wheels are for: Debian 12's if it is there.
python_of_wheels() {
  local python
  for python in /usr/bin/python3 python3.11 python3; do
    if "$python" -c 'import sys, venv
sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
      printf '%s\n' "$python"
      return 0
    fi
  done
  return 1
}

# Makes the environment $2 of the wheels in $1. It is used through its
# interpreter alone: commands beside it would name the folder it is moved from.
make_environment() {
  local wheels=$1 new=$2 python
  python=$(python_of_wheels) ||
    fail "there is no Python 3.11 with the module venv; install Debian 12's python3"
  "$python" -m venv --without-pip "$new" ||
    fail "$python cannot make a virtual environment in $new (see above)"
  if ! "$(python_with_pip)" -m pip --python "$new/bin/python" install \
    --disable-pip-version-check --no-cache-dir --progress-bar off --no-deps \
    --no-index --find-links "$wheels" --require-hashes \
    --requirement "${requirements[0]}" 2>&1 | tee "$wheels/pip.log"; then
    rm -rf "$new"
    fail_like_pip "$wheels/pip.log"
  fi
  find "$new/bin" -type f -delete
}

# Gives the finished folder $1 its stamp $2 and its place, $root.
put_in_place() {
  local old=$root.old
  printf '%s\n' "$2" >"$1/.softfleet-stamp"
  # An older folder goes only now that the new one is whole.
  rm -rf "$old"
  [[ ! -e $root ]] || mv "$root" "$old"
  mv "$1" "$root"
  rm -rf "$old"
}

install_wheels() {
  local wheels=$cache/wheels-${root##*/} new=$root.new
  lock_cache
  if ! wheels_ready; then
    require_space
    rm -rf "$new"
    mkdir -p "$wheels" "$new"
    say "downloading $title ($download MB)"
    download_wheels "$wheels"
    if [[ $kind == python ]]; then make_environment "$wheels" "$new"
    else unpack_wheels "$wheels" "$new"; fi
    put_in_place "$new" "$(expected_stamp)"
    rm -rf "$wheels"
  fi
  say "$title: ready in $root"
}

# Sets up the set of wheels that the variables describe.
set_up_wheels() {
  if [[ -n $own && -n ${!own:-} ]]; then
    [[ -e $root/$library ]] ||
      fail "$own is $root, but that folder has no $library"
    say "$title: yours in $root"
  elif wheels_ready; then
    say "$title: ready in $root"
  elif [[ $mode == check ]]; then
    say "missing $title in $root"
    complete=no
  else
    install_wheels
  fi
}
