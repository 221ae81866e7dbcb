# shellcheck shell=bash
# `run`: the extension in a browser; with no display, its main job played headless.

command_run() {
  command_build "$@"
  need_chromium
  if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    build_tests
    node "$STAGE/tests/e2e/demo.mjs" || fail "The demonstration did not go through: see above."
    return 0
  fi
  local sandbox=()
  # Chromium refuses to run as root with its sandbox.
  if [ "$(id -u)" -eq 0 ]; then sandbox=(--no-sandbox); fi
  say "Chromium, with a profile of its own in $CACHE/profile; close its window to end"
  "$CHROME" "${sandbox[@]}" --user-data-dir="$CACHE/profile" --no-first-run \
    --disable-extensions-except="$ROOT/dist/chrome" --load-extension="$ROOT/dist/chrome"
}
