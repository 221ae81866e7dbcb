"""Runs every generator. `--check` writes into a temporary folder instead and compares with what is committed."""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

GENERATORS = ["make_token_ids", "make_minilm_vectors", "make_real_passages", "make_tiny_berts", "make_bge_random"]
COMMITTED = Path(__file__).parent.parent / "tests" / "data"
TOLERANCE = 1e-6


def main() -> None:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: make_all.py [--check]")
    if not sys.argv[1:]:
        generate()
        return
    with tempfile.TemporaryDirectory() as folder:
        # Read by reference.py when the first generator imports it.
        os.environ["AFTERIMAGE_REFERENCE_OUT"] = folder
        generate()
        made = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        differing = [str(path.relative_to(folder)) for path in made if not same(path, COMMITTED / path.relative_to(folder))]
    if differing:
        sys.exit("These differ from what is committed: " + ", ".join(differing))
    print(f"All {len(made)} files are as committed.")


def generate() -> None:
    for name in GENERATORS:
        importlib.import_module(name).main()


def same(made: Path, committed: Path) -> bool:
    if not committed.is_file():
        return False
    if made.read_bytes() == committed.read_bytes():
        return True
    if made.suffix == ".f32":
        a, b = np.fromfile(made, dtype="<f4"), np.fromfile(committed, dtype="<f4")
        return a.shape == b.shape and bool(np.abs(a - b).max() <= TOLERANCE)
    if made.suffix == ".json":
        return near(json.loads(made.read_text()), json.loads(committed.read_text()))
    return False


def near(a, b) -> bool:
    """Equal, but for floating-point numbers a last digit apart. `vectors_sha256` follows from those and is passed over."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(key == "vectors_sha256" or near(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(near, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= TOLERANCE * max(1.0, abs(a))
    return a == b


if __name__ == "__main__":
    main()
