# shellcheck shell=bash
# Stamps: a step is skipped when what it reads has not changed since it last ran.

# digest PATH...: one SHA-256 over the names and contents of these files and folders.
digest() {
  local paths=() path
  for path in "$@"; do
    if [ -e "$path" ]; then paths+=("$path"); fi
  done
  find "${paths[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64
}

# is_fresh FOLDER STAMP: this very step made FOLDER.
is_fresh() {
  [ -f "$1/.stamp" ] && [ "$(cat "$1/.stamp")" = "$2" ]
}

# has_sha256 FILE HASH
has_sha256() {
  [ -f "$1" ] && [ "$(sha256sum "$1" | cut -c1-64)" = "$2" ]
}
