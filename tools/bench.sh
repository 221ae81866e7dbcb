# shellcheck shell=bash
# `bench NAME`: one of tests/bench/*.ts against the built extension. It prints its table and budgets, writes
# dist/bench/NAME.json and fails when a budget does not hold.

command_bench() {
  local name="${1:-}" names
  names="$(find tests -path 'tests/bench/*' -prune -type f -name '*.ts' | sed 's|.*/||; s|\.ts$||' | sort | paste -sd' ')"
  if [ -z "$name" ] || [ ! -f "tests/bench/$name.ts" ]; then
    fail "bench wants the name of a benchmark; there is: ${names:-none yet}."
  fi
  shift
  command_build
  need_model_source
  need_chromium
  build_tests
  mkdir -p dist/bench
  node "$STAGE/tests/bench/$name.mjs" "$@" || fail "A budget of 'bench $name' does not hold, or it did not run to the end: see above."
}
