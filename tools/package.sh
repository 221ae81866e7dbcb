# shellcheck shell=bash
# `package`: dist/afterimage-chrome.zip, as the Chrome Web Store wants it. The same sources give the same bytes.

command_package() {
  [ $# -eq 0 ] || fail "package takes no options."
  command_build
  python3 tools/pack.py dist/chrome dist/afterimage-chrome.zip || fail "dist/chrome could not be packed: see above."
  say "dist/afterimage-chrome.zip: $(size_of dist/afterimage-chrome.zip), sha256 $(sha256sum dist/afterimage-chrome.zip | cut -c1-64)"
}
