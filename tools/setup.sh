# shellcheck shell=bash
# What the build needs and how it is got. Each need_… returns at once when the thing is there, installs it
# when it can, and else stops with one sentence that says what to do.

# What build.sh does not install by itself.
need_basics() {
  local tool
  for tool in git curl python3 node npm cc; do
    command -v "$tool" >/dev/null || fail "$tool is missing: on Debian, install it with 'apt-get install $(package_of "$tool")'."
  done
  python3 -c 'import pip' 2>/dev/null || fail "Python's pip is missing: on Debian, 'apt-get install python3-pip'."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node $(node --version) is too old: 20.19 or newer is needed (https://nodejs.org)."
  command -v cargo >/dev/null || fail "Rust is missing: install it from https://rustup.rs, or on Debian 'apt-get install rustc-web cargo-web'."
  local wanted found
  wanted="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)"
  found="$(cargo --version | cut -d' ' -f2)"
  [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ] ||
    fail "Rust $found is too old: $wanted or newer is needed ('rustup update', or on Debian 'apt-get install rustc-web cargo-web')."
}

package_of() {
  case "$1" in
    cc) echo gcc libc6-dev ;;
    node) echo nodejs ;;
    *) echo "$1" ;;
  esac
}

# need_apt PACKAGE...: Debian packages, installed as root or through sudo.
need_apt() {
  local missing=() package
  command -v dpkg-query >/dev/null || fail "Install these with your system's package manager, then run again: $*"
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  local as_root=(env)
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      fail "Packages are missing; install them with: sudo apt-get update && sudo apt-get install ${missing[*]}"
    fi
    as_root=(sudo env)
  fi
  say "apt-get install ${missing[*]}"
  local install=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}")
  # The lists may be empty or name versions that are gone: fetch them when the first attempt fails.
  if ! "${install[@]}" >/dev/null 2>&1; then
    quietly "${as_root[@]}" apt-get update -q || fail "apt-get update failed: is the network there?"
    quietly "${install[@]}" || fail "apt-get could not install ${missing[*]}: see above."
  fi
}

# Chromium itself, and (with "window") what a real window on a machine without a display needs.
# Branded Chrome no longer loads unpacked extensions from the command line, so it is not looked for.
need_chromium() {
  CHROME="${CHROME:-$(command -v chromium || command -v chromium-browser || true)}"
  if [ -z "$CHROME" ]; then
    need_apt chromium fonts-liberation fonts-dejavu-core
    CHROME="$(command -v chromium)"
  fi
  # The kept pictures are made in these. Elsewhere other fonts only mean that pictures are not compared.
  if [ -n "${AFTERIMAGE_REQUIRE:-}" ]; then need_apt fonts-dejavu-core; fi
  if [ "${1:-}" = window ]; then
    if ! command -v xdotool >/dev/null || ! command -v Xvfb >/dev/null; then need_apt xvfb xdotool; fi
  fi
  export CHROME
}

need_chromedriver() {
  CHROMEDRIVER="${CHROMEDRIVER:-$(command -v chromedriver || true)}"
  if [ -z "$CHROMEDRIVER" ]; then
    need_apt chromium-driver
    CHROMEDRIVER="$(command -v chromedriver)"
  fi
  export CHROMEDRIVER
}

# npm packages at the locked versions. No install scripts: some of them download programs.
# Not `npm ci`: it refuses a lock file that lacks optional packages of other platforms, and registry mirrors
# that carry only some platforms give just that.
need_npm() {
  local stamp
  stamp="$(digest package.json package-lock.json)"
  if is_fresh node_modules "$stamp"; then return 0; fi
  say "npm packages"
  npm install --no-save --ignore-scripts --no-audit --no-fund >&2 ||
    fail "npm install failed: is the network there? What was downloaded is kept; run again."
  echo "$stamp" >node_modules/.stamp
}

# need_cargo_tool BINARY PACKAGE VERSION [INSTALL_OPTION...]: a program from crates.io, kept per version in
# the cache. TOOL is its folder.
need_cargo_tool() {
  local binary="$1" package="$2" version="$3"
  shift 3
  TOOL="$CACHE/tools/$package-$version"
  if [ -x "$TOOL/bin/$binary" ]; then return 0; fi
  say "$package $version from crates.io (some minutes, once)"
  CARGO_TARGET_DIR="$CACHE/tools/build-$package" cargo install "$package" --version "$version" --root "$TOOL" "$@" >&2 ||
    fail "$package $version could not be installed: is the network there? What was compiled is kept; run again."
  rm -rf "$CACHE/tools/build-$package"
}

# The version of a crate in Cargo.lock.
locked_version() {
  awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock
}

# The CLI reads what the crate's macros wrote into the module: only the same version can.
need_wasm_bindgen() {
  local version
  version="$(locked_version wasm-bindgen)"
  [ -n "$version" ] || fail "Cargo.lock names no wasm-bindgen: add it to background/Cargo.toml first."
  need_cargo_tool wasm-bindgen wasm-bindgen-cli "$version"
  WASM_BINDGEN="$TOOL/bin/wasm-bindgen"
  WASM_BINDGEN_TEST_RUNNER="$TOOL/bin/wasm-bindgen-test-runner"
}

# Sets WASM_TOOLCHAIN to `rustup` (its own standard library for WASM) or `debian` (Debian's Rust, which
# builds the standard library from source: for machines where rustup cannot fetch anything).
# AFTERIMAGE_WASM_TOOLCHAIN=debian asks for the second.
need_wasm_toolchain() {
  if [ -n "${WASM_TOOLCHAIN:-}" ]; then return 0; fi
  if [ "${AFTERIMAGE_WASM_TOOLCHAIN:-}" != debian ] && has_rustup_target; then
    WASM_TOOLCHAIN=rustup
    return 0
  fi
  if ! /usr/bin/cargo --version >/dev/null 2>&1 || [ ! -d /usr/lib/rustlib/src/rust/library ] || [ -z "$(debian_linker)" ]; then
    command -v apt-get >/dev/null ||
      fail "The WASM target is missing: 'rustup target add $WASM_TARGET', then run again."
    need_apt rustc-web cargo-web rust-web-src lld-22
  fi
  WASM_TOOLCHAIN=debian
}

has_rustup_target() {
  command -v rustup >/dev/null || return 1
  if rustup target list --installed 2>/dev/null | grep -qx "$WASM_TARGET"; then return 0; fi
  say "rustup target add $WASM_TARGET"
  timeout 120 rustup target add "$WASM_TARGET" >/dev/null 2>&1 && return 0
  say "rustup could not fetch it: Debian's Rust takes its place"
  return 1
}

debian_linker() {
  find /usr/bin -name 'wasm-ld*' 2>/dev/null | sort -V | tail -n 1
}
