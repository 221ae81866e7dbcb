# shellcheck shell=bash
# `bench NAME`: prints a table and budgets, writes dist/bench/NAME.json and NAME.md, and fails when a budget does not
# hold. There are two kinds: tests/bench/NAME.ts, which runs against the built extension, and bench_native_NAME in
# here, which builds what it needs itself and no extension (its TypeScript, if any, is tests/bench/NAME.ts, too).
#
# bench_needs_NAME gets what one of the first kind needs beyond the extension; without one it needs nothing.

command_bench() {
  local name="${1:-}"
  if [ -n "$name" ] && declare -F "bench_native_$name" >/dev/null; then
    shift
    say "bench $name"
    "bench_native_$name" "$@" || bench_failed "$name"
  elif [ -n "$name" ] && [ -f "tests/bench/$name.ts" ]; then
    shift
    command_build
    if declare -F "bench_needs_$name" >/dev/null; then "bench_needs_$name"; fi
    build_tests
    say "bench $name"
    node "$STAGE/tests/bench/$name.mjs" "$@" || bench_failed "$name"
  else
    fail "bench wants the name of a benchmark; there is: $(bench_names)."
  fi
}

bench_names() {
  {
    find tests/bench -maxdepth 1 -type f -name '*.ts' | sed 's|.*/||; s|\.ts$||'
    declare -F | sed -n 's/^declare -f bench_native_//p'
  } | sort -u | paste -sd' '
}

bench_failed() {
  fail "A budget of 'bench $1' does not hold, or it did not run to the end: see above."
}

# How well pages are found again. Vectors are kept, in a folder for each state of the kernels' source: the first run
# embeds for minutes, the next ones take seconds.
bench_native_relevance() {
  local vectors="$CACHE/bench/vectors" kernels
  [ -n "${AFTERIMAGE_DATA:-}" ] || fail "bench relevance reads data sets: set AFTERIMAGE_DATA to the folder that holds them."
  need_model_source
  kernels="$(digest models/src/cpu models/src/tokenizer models/src/weights)"
  mkdir -p "$vectors"
  find "$vectors" -mindepth 1 -maxdepth 1 ! -name "$kernels" -exec rm -rf {} +
  cargo build -q --release -p afterimage-evaluation >&2 || fail "The evaluation could not be compiled: see above."
  "$CARGO_TARGET_DIR/release/relevance" --model "$AFTERIMAGE_MODEL_DIR" --data "$AFTERIMAGE_DATA" \
    --cache "$vectors/$kernels" --out dist/bench "$@"
}

bench_needs_embed() {
  need_chromium
  need_model_source
  build_bench_wasm
  need_bench_peers
  build_bench_onnx
}

# The index under load, against other engines. It runs in a page with a module of its own, so the extension is not
# built for it. The seed corpus and its vectors are kept: making them takes a minute.
bench_native_search() {
  need_chromium
  build_bench_search_wasm
  build_model
  need_bench_packages search-peers AFTERIMAGE_BENCH_SEARCH_PEERS "12 MB"
  export AFTERIMAGE_BENCH_SEEDS="$CACHE/bench/search-seeds"
  build_tests
  node "$STAGE/tests/bench/search.mjs" "$@"
}

bench_needs_coldstart() {
  need_chromium
}

bench_needs_ui() {
  need_chromium window
}

# The content script alone, on the real pages: the extension is not built for it.
bench_native_capture() {
  [ -n "${AFTERIMAGE_DATA:-}" ] || fail "bench capture reads real pages: set AFTERIMAGE_DATA to the folder that holds them."
  need_chromium
  build_tests
  node "$STAGE/tests/bench/capture.mjs" "$@"
}

# onnxruntime-web and @huggingface/transformers, for `bench embed` alone and so not in package.json: 300 MB.
# Their package.json puts a small package in the place of onnxruntime-node and sharp, another 300 MB of native
# code that a browser never reads.
need_bench_peers() {
  need_bench_packages peers AFTERIMAGE_BENCH_PEERS "300 MB"
}

# need_bench_packages NAME VARIABLE SIZE: the npm packages of tests/bench/NAME in the cache; exports VARIABLE as their
# folder.
need_bench_packages() {
  local folder="$CACHE/bench/$1" stamp
  stamp="$(digest "tests/bench/$1")"
  export "$2=$folder/node_modules"
  if is_fresh "$folder" "$stamp"; then return 0; fi
  say "the benchmark's npm packages ($3)"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "tests/bench/$1"/{package.json,package-lock.json,.npmrc} "$folder/"
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
