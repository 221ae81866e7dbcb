# shellcheck shell=bash
# The WASM modules: Rust → cargo → wasm-bindgen → wasm-opt → dist/stage/wasm/{relaxed,plain,webgpu}.
#
# The main module is built twice, with relaxed SIMD and without; the worker takes what the browser has. The GPU
# module is a module of its own because a panic aborts a whole instance: its death must not take the main one
# along. Two more, bench-relaxed and bench-plain, are only for `bench embed`, and bench-search only for `bench search`.
# A module is built again only when something it is made of changed; what was built is kept in the cache
# under the same stamp, so that a fresh clone of known sources compiles nothing.

# wasm_cargo SUBCOMMAND ARGUMENT...: cargo for the WASM target, by whichever toolchain is there.
wasm_cargo() {
  local subcommand="$1"
  shift
  if [ "$WASM_TOOLCHAIN" = rustup ]; then
    cargo "$subcommand" --target "$WASM_TARGET" "$@"
    return
  fi
  # By full path: a rustup proxy earlier in PATH would bring its own compiler. Debian ships no rust-lld.
  local program=(/usr/bin/cargo "$subcommand")
  if [ "$subcommand" = clippy ]; then program=(/usr/bin/cargo-clippy clippy); fi
  RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 CARGO=/usr/bin/cargo \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(debian_linker)" \
    "${program[@]}" -Zbuild-std=std,panic_abort --target "$WASM_TARGET" "$@"
}

wasm_rustc_version() {
  if [ "$WASM_TOOLCHAIN" = rustup ]; then rustc --version; else /usr/bin/rustc --version; fi
}

# build_wasm [--dev]: all modules. --dev builds the main one once only, with relaxed SIMD, and takes the release
# of the GPU module, whose Rust seldom changes and takes longest.
build_wasm() {
  local profile=release
  if [ "${1:-}" = --dev ]; then profile="wasm-dev"; fi
  need_wasm_toolchain
  need_wasm_bindgen
  build_module relaxed afterimage "$profile"
  if [ "$profile" = release ]; then
    build_module plain afterimage release
  else
    rm -rf "$STAGE/wasm/plain"
    cp -R "$STAGE/wasm/relaxed" "$STAGE/wasm/plain"
  fi
  build_module webgpu webgpu release-small
}

# build_bench_wasm: our encoders side by side, with relaxed SIMD and without.
build_bench_wasm() {
  need_wasm_toolchain
  need_wasm_bindgen
  build_module bench-relaxed bench release
  build_module bench-plain bench release
}

# build_bench_search_wasm: the index over IndexedDB, and what fills it.
build_bench_search_wasm() {
  need_wasm_toolchain
  need_wasm_bindgen
  build_module bench-search bench_search release
}

# module_features NAME: sets FEATURES, cargo's options for a module.
module_features() {
  case "$1" in
    relaxed) FEATURES=(--features relaxed-simd) ;;
    plain) FEATURES=() ;;
    webgpu) FEATURES=(--no-default-features --features webgpu) ;;
    bench-relaxed) FEATURES=(--no-default-features --features "bench,relaxed-simd") ;;
    bench-plain) FEATURES=(--no-default-features --features bench) ;;
    bench-search) FEATURES=(--no-default-features --features "bench-search,relaxed-simd") ;;
  esac
}

# module_sources NAME: sets SOURCES, the files and folders of ours that a module is made of.
module_sources() {
  SOURCES=(module/src models/build.rs models/catalogue.toml models/src)
  case "$1" in
    relaxed | plain) SOURCES+=(messages/src index/src background/build.rs background/src) ;;
    # Not all of models/: a change to the CPU's kernels or to the converter must not cost ten minutes here.
    webgpu)
      SOURCES=(module/src models/src/{lib,config,embedder,encoder}.rs models/src/gpu models/src/weights/{mod,panels}.rs)
      SOURCES+=(background/src/lib.rs background/src/webgpu.rs)
      ;;
    bench-search)
      SOURCES+=(index/src background/src/{lib,indexed_db,bench_search}.rs background/src/bench_search)
      ;;
    bench-*) SOURCES+=(background/src/lib.rs background/src/bench.rs) ;;
  esac
}

# build_module NAME OUT_NAME PROFILE
build_module() {
  local name="$1" out_name="$2" profile="$3" out="$STAGE/wasm/$1" stamp kept
  stamp="$(module_stamp "$name" "$profile")"
  if is_fresh "$out" "$stamp"; then return 0; fi
  kept="$CACHE/wasm/$name-${stamp:0:20}"
  if ! is_fresh "$kept" "$stamp"; then
    compile_module "$name" "$out_name" "$profile" "$kept.part"
    echo "$stamp" >"$kept.part/.stamp"
    rm -rf "$kept"
    mv "$kept.part" "$kept"
    forget_old_modules "$name"
  fi
  rm -rf "$out"
  mkdir -p "$(dirname "$out")"
  cp -R "$kept" "$out"
}

# compile_module NAME OUT_NAME PROFILE OUT_DIR
compile_module() {
  local name="$1" out_name="$2" profile="$3" out="$4" target="$CACHE/target-wasm"
  if [ "$name" = webgpu ]; then target="$CACHE/target-webgpu"; fi
  say "WASM module $name ($profile, $WASM_TOOLCHAIN; minutes when its dependencies are new)"
  module_features "$name"
  CARGO_TARGET_DIR="$target" wasm_cargo build -p afterimage-module \
    --profile "$profile" "${FEATURES[@]}" >&2 || fail "The WASM module $name does not compile: see above."
  rm -rf "$out"
  mkdir -p "$out"
  # The worker says where the module lies; the glue's own guess (import.meta.url) would be wrong after bundling.
  "$WASM_BINDGEN" "$target/$WASM_TARGET/$profile/afterimage_module.wasm" --target web --out-dir "$out" \
    --out-name "$out_name" --omit-default-module-path --remove-producers-section >&2 ||
    fail "wasm-bindgen failed on the module $name: see above."
  if [ "$profile" = wasm-dev ]; then return 0; fi
  need_npm
  # Not -O3: it makes the kernels a fifth slower (128 tokens: 37 ms instead of 31) and the module no smaller.
  local level=-Os wasm="$out/${out_name}_bg.wasm"
  # The GPU does the arithmetic there, so its module is made small.
  if [ "$name" = webgpu ]; then level=-Oz; fi
  say "wasm-opt $level on $name ($(size_of "$wasm"))"
  # Nothing lies in the first KiB (the stack ends there), so constants may move into the offsets of loads.
  # What is called once is inlined by default however large it is: nothing gains by it, and a module grows by 1 % gzipped.
  node_modules/.bin/wasm-opt "$level" --one-caller-inline-max-function-size=500 --low-memory-unused --strip-debug --enable-simd --enable-relaxed-simd --enable-bulk-memory \
    --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types \
    --enable-multivalue "$wasm" -o "$wasm.opt" || fail "wasm-opt failed on the module $name: see above."
  mv "$wasm.opt" "$wasm"
  say "module $name: $(size_of "$wasm"), $(gzip -9 -c "$wasm" | wc -c | awk '{ printf "%.2f MB", $1 / 1e6 }') gzipped"
}

# module_stamp NAME PROFILE: everything that the module is made of. Not Cargo.lock and Cargo.toml as files:
# most changes there concern other crates, and the GPU module costs ten minutes.
module_stamp() {
  local name="$1" profile="$2"
  module_features "$name"
  module_sources "$name"
  {
    # Each crate with its version and features. Folders of path dependencies would tie the stamp to a clone;
    # "(*)" marks a repetition.
    cargo tree -p afterimage-module "${FEATURES[@]}" --target "$WASM_TARGET" -e normal,build --prefix none \
      -f '{p} {f}' | sed "s# (${ROOT}[^)]*)##; s# (\*)\$##" | LC_ALL=C sort -u
    # The profiles stand at the end of Cargo.toml.
    sed -n '/^\[profile/,$p' Cargo.toml
    digest "${SOURCES[@]}"
    wasm_rustc_version
    echo "$profile $CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS"
    # How it is built: this file.
    digest tools/wasm.sh
  } | sha256sum | cut -c1-64
}

# Keeps the five newest builds of a module in the cache.
forget_old_modules() {
  find "$CACHE/wasm" -maxdepth 1 -name "$1-*" -printf '%T@ %p\n' | sort -rn | tail -n +6 | cut -d' ' -f2- |
    while read -r old; do rm -rf "$old"; done
}

size_of() {
  stat -c %s "$1" | awk '{ printf "%.2f MB", $1 / 1e6 }'
}
