# shellcheck shell=bash
# What a person sees while build.sh works: one line a step, and one sentence when it cannot go on.

STARTED=$SECONDS

# A step begins. Everything that build.sh itself says goes to stderr; stdout is for results.
say() {
  printf '[%3ds] %s\n' "$((SECONDS - STARTED))" "$*" >&2
}

# The last line: what is wrong and what to do about it.
fail() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

# quietly COMMAND...: keeps a chatty tool's output to itself unless the tool fails.
quietly() {
  local log status=0
  log="$(mktemp)"
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then tail -n 40 "$log" >&2; fi
  rm -f "$log"
  return "$status"
}
