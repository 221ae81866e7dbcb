"""Packs a folder into a zip that depends on nothing but the files' names and contents.

usage: python3 tools/pack.py FOLDER ZIP

Sorted names, one fixed time, one set of rights: the zip of the same files is the same zip, so anyone can
check a published package against the sources.
"""

import pathlib
import sys
import zipfile

# The earliest time that the zip format can express.
TIME = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder, target = map(pathlib.Path, sys.argv[1:])
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if "manifest.json" not in names:
        print(f"{folder} holds no manifest.json: build the extension first.", file=sys.stderr)
        return 1
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (folder / name).read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
