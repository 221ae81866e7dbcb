"""Writes the licence texts of every crate inside the WASM modules, which most licences ask to pass on.

usage: python3 tools/notices.py OUT_FILE

Identical texts are printed once, under the names of all crates that carry them.
"""

import json
import pathlib
import subprocess
import sys

TARGET = "wasm32-unknown-unknown"
NAMES = ("licen", "copying", "notice", "unlicense")
HEAD = """Third-party notices of Afterimage

The model all-MiniLM-L6-v2 (sentence-transformers) is used under the Apache License 2.0, whose text is in
LICENSE-APACHE beside this file; its weights were quantised to 8 bits.
The WASM modules contain the Rust crates below. npm packages have files of their own in this folder.
"""


def cargo(*arguments: str) -> str:
    return subprocess.run(["cargo", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def shipped_crates() -> list[dict]:
    """What the two modules link: macros and build tools left out, and crates of our own."""
    tree = ["tree", "-p", "afterimage-background", "--target", TARGET, "-e", "normal,no-proc-macro"]
    tree += ["--prefix", "none", "-f", "{p}"]
    linked = set()
    for features in ([], ["--no-default-features", "--features", "webgpu"]):
        for line in cargo(*tree, *features).splitlines():
            name, version, *_ = line.split()
            linked.add((name, version.removeprefix("v")))
    # The tree knows best what is linked, the metadata where it lies.
    metadata = ["metadata", "--format-version=1", "--filter-platform", TARGET]
    packages = json.loads(cargo(*metadata, "--features", "afterimage-background/webgpu"))["packages"]
    by_name = {(package["name"], package["version"]): package for package in packages if package["source"]}
    return [by_name[name] for name in sorted(linked) if name in by_name]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    crates = shipped_crates()
    carriers: dict[str, list[str]] = {}
    lines = [HEAD]
    for crate in crates:
        name = f"{crate['name']} {crate['version']}"
        lines.append(f"{name}: {crate['license'] or 'see its licence file'}")
        folder = pathlib.Path(crate["manifest_path"]).parent
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.name.lower().startswith(NAMES):
                text = file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip()
                carriers.setdefault(text, []).append(name)
    for text, names in carriers.items():
        lines += ["", "=" * 80, ", ".join(dict.fromkeys(names)), "", text]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
