# shellcheck shell=bash
# `bench NAME`: one of tests/bench/*.ts against the built extension. It prints its table and budgets, writes
# dist/bench/NAME.json (and NAME.md) and fails when a budget does not hold.
#
# bench_needs_NAME gets what a benchmark needs beyond the extension; a benchmark without one needs nothing.

command_bench() {
  local name="${1:-}" names
  names="$(find tests -path 'tests/bench/*' -prune -type f -name '*.ts' | sed 's|.*/||; s|\.ts$||' | sort | paste -sd' ')"
  if [ -z "$name" ] || [ ! -f "tests/bench/$name.ts" ]; then
    fail "bench wants the name of a benchmark; there is: ${names:-none yet}."
  fi
  shift
  command_build
  if declare -F "bench_needs_$name" >/dev/null; then "bench_needs_$name"; fi
  build_tests
  say "bench $name"
  node "$STAGE/tests/bench/$name.mjs" "$@" || fail "A budget of 'bench $name' does not hold, or it did not run to the end: see above."
}

bench_needs_embed() {
  need_chromium
  need_model_source
  build_bench_wasm
  need_bench_peers
  build_bench_onnx
}

bench_needs_coldstart() {
  need_chromium
}

# onnxruntime-web and @huggingface/transformers, for `bench embed` alone and so not in package.json: 300 MB.
# Their package.json puts a small package in the place of onnxruntime-node and sharp, another 300 MB of native
# code that a browser never reads.
need_bench_peers() {
  local folder="$CACHE/bench/peers" stamp
  stamp="$(digest tests/bench/peers)"
  export AFTERIMAGE_BENCH_PEERS="$folder/node_modules"
  if is_fresh "$folder" "$stamp"; then return 0; fi
  say "the benchmark's npm packages (300 MB)"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp tests/bench/peers/package.json tests/bench/peers/package-lock.json tests/bench/peers/.npmrc "$folder/"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >&2) || fail "npm failed: is the network there? Run again."
  echo "$stamp" >"$folder/.stamp"
}

# The ONNX files that those run, made from the published weights.
build_bench_onnx() {
  local folder="$CACHE/bench/onnx" stamp
  stamp="$(digest tests/bench/onnx models/catalogue.toml)"
  export AFTERIMAGE_BENCH_ONNX="$folder"
  if is_fresh "$folder" "$stamp"; then return 0; fi
  say "ONNX files of $MODEL"
  rm -rf "$folder"
  mkdir -p "$folder"
  quietly python3 -m pip install --only-binary :all: --target "$folder/python" -r tests/bench/onnx/requirements.txt ||
    fail "onnx and onnxruntime could not be installed from PyPI: see above."
  PYTHONPATH="$folder/python" python3 tests/bench/onnx/make_onnx.py "$AFTERIMAGE_MODEL_DIR" "$folder/$MODEL" >&2 ||
    fail "The ONNX files could not be made: see above."
  echo "$stamp" >"$folder/.stamp"
}
