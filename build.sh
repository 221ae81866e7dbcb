#!/usr/bin/env bash
# The one command. It only finds the project, reads the first word and hands over to tools/.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$ROOT"
source tools/say.sh
source tools/env.sh
source tools/digest.sh
source tools/setup.sh
source tools/wasm.sh
source tools/model.sh
source tools/extension.sh
source tools/run.sh
source tools/test.sh
source tools/lint.sh
source tools/bench.sh
source tools/package.sh

usage() {
  cat <<'TEXT'
usage: ./build.sh [COMMAND]

  build [--dev] [--firefox]   make dist/chrome (or dist/firefox); the default command
                              --dev: quicker to build, slower to run, with source maps
  run [--dev]                 build, then open Chromium with the extension;
                              with no display, play the main job headless and print what it found
  test [PART...]              native, wasm, content, extension, e2e, screens; all when none is named
  lint                        formatting, clippy, types, biome, licences, shell scripts
  bench NAME                  one benchmark and its budgets
  package                     dist/afterimage-chrome.zip
  help                        this text

What is missing (WASM toolchain, wasm-bindgen, npm packages, the model's weights, Chromium) is found or
installed. Compiled and downloaded things are kept in $AFTERIMAGE_CACHE (default: ~/.cache/afterimage);
that folder can be deleted at any time.
TEXT
}

main() {
  local command="${1:-build}"
  [ $# -eq 0 ] || shift
  case "$command" in
    build | run | test | lint | bench | package)
      need_basics
      "command_$command" "$@"
      ;;
    help | -h | --help) usage ;;
    *)
      usage >&2
      fail "There is no command '$command'."
      ;;
  esac
}

main "$@"
