# shellcheck shell=bash
# `build`: puts the pages' code, the WASM modules and the model together into dist/chrome or dist/firefox.

command_build() {
  local browser=chrome dev=() firefox=() option
  for option in "$@"; do
    case "$option" in
      --dev) dev=(--dev) ;;
      --firefox) browser=firefox firefox=(--firefox) ;;
      *) fail "build knows --dev and --firefox, not '$option'." ;;
    esac
  done
  need_npm
  build_wasm "${dev[@]}"
  build_notices
  build_model
  local out="$ROOT/dist/$browser"
  # From scratch: it takes a second, and nothing deleted from the sources can stay behind.
  rm -rf "$out"
  node tools/bundle.mjs "$out" "${dev[@]}" "${firefox[@]}" || fail "The extension's scripts do not bundle: see above."
  mkdir -p "$out/wasm" "$out/models/$MODEL" "$out/licences"
  cp "$STAGE/wasm/relaxed/afterimage_bg.wasm" "$out/wasm/relaxed.wasm"
  cp "$STAGE/wasm/plain/afterimage_bg.wasm" "$out/wasm/plain.wasm"
  cp "$STAGE/wasm/webgpu/webgpu_bg.wasm" "$out/wasm/webgpu.wasm"
  find "$STAGE/model/$MODEL" -type f ! -name '.stamp' -exec cp {} "$out/models/$MODEL/" \;
  python3 tools/downloads.py >"$out/models/downloads.json" || fail "The list of models that may be downloaded could not be made: see above."
  cp LICENSE-MIT LICENSE-APACHE "$STAGE/wasm/third-party.txt" "$out/licences/"
  say "dist/$browser is ready ($(du -sh "$out" | cut -f1))"
}

# The licences of the crates inside the modules.
build_notices() {
  local stamp
  stamp="$(cat Cargo.lock background/Cargo.toml models/Cargo.toml index/Cargo.toml messages/Cargo.toml tools/notices.py | sha256sum)"
  if [ -f "$STAGE/wasm/third-party.txt" ] && is_fresh "$STAGE/wasm" "$stamp"; then return 0; fi
  python3 tools/notices.py "$STAGE/wasm/third-party.txt" || fail "The crates' licences could not be gathered: see above."
  echo "$stamp" >"$STAGE/wasm/.stamp"
}

# The TypeScript of tests/, for Node: dist/stage/tests/<folder>/<name>.mjs.
build_tests() {
  need_npm
  rm -rf "$STAGE/tests"
  node tools/bundle.mjs --tests "$STAGE/tests" || fail "The tests' scripts do not bundle: see above."
}
