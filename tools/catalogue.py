"""Prints what models/catalogue.toml says of one model's files, for tools/model.sh.

usage: python3 tools/catalogue.py MODEL_ID

One line a file: KIND NAME BYTES SHA256 URL, where KIND is `source`, `converted` or `tokenizer` and `-`
stands for what the catalogue leaves open.
"""

import sys

try:
    import tomllib
except ModuleNotFoundError:  # Python before 3.11; pip brings its own copy
    from pip._vendor import tomli as tomllib


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open("models/catalogue.toml", "rb") as file:
        models = {model["id"]: model for model in tomllib.load(file)["model"]}
    model = models.get(sys.argv[1])
    if model is None:
        print(f"models/catalogue.toml has no model {sys.argv[1]}: it has {', '.join(models)}.", file=sys.stderr)
        return 1
    files = [("source", file) for file in model["source"]]
    files += [(kind, model[kind]) for kind in ("converted", "tokenizer") if kind in model]
    for kind, file in files:
        fields = (file.get("name"), file.get("bytes"), file.get("sha256"), file.get("url"))
        print(kind, *(field or "-" for field in fields))
    return 0


if __name__ == "__main__":
    sys.exit(main())
