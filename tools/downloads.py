"""Prints models/downloads.json, the package's list of models that may be downloaded, from models/catalogue.toml.

usage: python3 tools/downloads.py
"""

import json

from catalogue import tomllib


def main() -> None:
    with open("models/catalogue.toml", "rb") as file:
        models = [model for model in tomllib.load(file)["model"] if not model["bundled"]]
    print(json.dumps({"models": [entry(model) for model in models]}, indent=2))


def entry(model: dict) -> dict:
    (weights,) = model["source"]
    # The hub has a model's files in one folder.
    tokenizer = {"name": "tokenizer.json", "url": weights["url"].rsplit("/", 1)[0] + "/tokenizer.json", **model["tokenizer"]}
    return {
        "id": model["id"],
        "revision": model["revision"],
        "config": {**model["config"], "pooling": model["pooling"]},
        "weights": weights,
        "tokenizer": tokenizer,
    }


if __name__ == "__main__":
    main()
