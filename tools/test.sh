# shellcheck shell=bash
# `test`: native, wasm, content, extension, e2e, screens; the quick ones first. Stops at the first part that fails.

command_test() {
  local parts=("$@") part
  if [ ${#parts[@]} -eq 0 ]; then parts=(native wasm content extension e2e screens); fi
  for part in "${parts[@]}"; do
    case "$part" in
      native | wasm | content | extension | e2e | screens) ;;
      *) fail "test knows native, wasm, content, extension, e2e and screens, not '$part'." ;;
    esac
  done
  for part in "${parts[@]}"; do
    say "test $part"
    "test_$part" || fail "Tests failed: $part. Only these again: ./build.sh test $part"
  done
  say "all passed: ${parts[*]}"
}

# All crates, with the real model. A stale messages.ts fails here, too.
test_native() {
  need_model_source
  cargo test --workspace
  test_gpu
}

# The GPU's kernels, natively, on the software adapter that Chromium brings along with its own Vulkan loader.
test_gpu() {
  local folder found=""
  need_chromium
  for folder in "$(dirname "$(readlink -f "${CHROME:-$(command -v chromium || echo /)}")")" /usr/lib/chromium; do
    if [ -f "$folder/libvulkan.so.1" ] && [ -f "$folder/vk_swiftshader_icd.json" ]; then found="$folder"; fi
  done
  if [ -z "$found" ]; then
    [ -z "${AFTERIMAGE_REQUIRE:-}" ] || fail "The GPU's kernels cannot be tested: no Chromium with a Vulkan driver is there (its Debian package has one)."
    say "SKIPPED: the GPU's kernels, as no Chromium with a Vulkan driver is there (its Debian package has one)"
    return 0
  fi
  # Its dependencies do little here and are many: hardly optimised, they compile in half the time.
  CARGO_TARGET_DIR="$CACHE/target-gpu-native" LD_LIBRARY_PATH="$found" \
    VK_DRIVER_FILES="$found/vk_swiftshader_icd.json" \
    cargo --config 'profile.dev.package."*".opt-level=1' test -p afterimage-models --features webgpu --lib --test gpu
}

# What only a browser can show of the Rust code: IndexedDB, JavaScript's values, SIMD.
test_wasm() {
  need_chromium
  need_chromedriver
  need_wasm_toolchain
  need_wasm_bindgen
  # Options for Chromium are in background/webdriver.json.
  CARGO_TARGET_DIR="$CACHE/target-wasm" WASM_BINDGEN_TEST_TIMEOUT=300 \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="$WASM_BINDGEN_TEST_RUNNER" \
    wasm_cargo test -p afterimage-background --features relaxed-simd --test "*"
}

# The content script on pages in a real browser, without the extension around it.
test_content() {
  need_chromium
  build_tests
  run_node_tests content
}

# What the extension's own pages and its worker work with, in Node.
test_extension() {
  build_tests
  run_node_tests extension
}

# The whole extension in Chromium.
test_e2e() {
  command_build
  need_chromium window
  build_tests
  run_node_tests e2e
}

# Pictures of every surface, and axe-core's opinion of each. UPDATE_SCREENS=1 keeps new pictures.
test_screens() {
  command_build
  need_chromium
  build_tests
  run_node_tests screens
}

# run_node_tests FOLDER: one file at a time, as most start a browser of their own.
run_node_tests() {
  local files
  mapfile -t files < <(find "$STAGE/tests/$1" -maxdepth 1 -name '*.test.mjs' 2>/dev/null | sort)
  [ ${#files[@]} -gt 0 ] || fail "tests/$1 holds no *.test.ts."
  node --test --test-concurrency=1 "${files[@]}"
}
