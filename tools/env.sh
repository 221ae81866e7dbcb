# shellcheck shell=bash
# Where things are. Everything that is expensive to make lies outside the clone, so that a second clone
# (or CI's fresh one) finds it; nothing relies on it being there.

CACHE="${AFTERIMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/afterimage}"
STAGE="$ROOT/dist/stage"
MODEL="all-MiniLM-L6-v2"
WASM_TARGET="wasm32-unknown-unknown"
mkdir -p "$CACHE"

# Three target folders: clippy and tests, and each of the two modules, would otherwise evict one another.
export CARGO_TARGET_DIR="$CACHE/target"
# SIMD everywhere in the modules: every browser that manifest.json accepts has it. RUSTFLAGS of a user's
# own would replace this setting, so they are dropped.
unset RUSTFLAGS CARGO_BUILD_TARGET
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128"

# For tests: the model as published (f32), and the data sets that lie beside the clone.
export AFTERIMAGE_MODEL_DIR="$CACHE/models/$MODEL"
if [ -z "${AFTERIMAGE_DATA:-}" ] && [ -d "$ROOT/../shared/data" ]; then
  AFTERIMAGE_DATA="$(cd "$ROOT/../shared/data" && pwd)"
  export AFTERIMAGE_DATA
fi
