"""real_passages.json and real_passages.f32: vectors of 200 real passages, without their text, which is its publishers'.

The rules are made so that another program finds the same texts without a CSV library; each text's
SHA-256 (of its UTF-8 bytes) shows whether it did.

  scifact   file scifact/corpus.jsonl, lines 0, 50, 100 … 4950 (from 0): title + " " + text
  stsb      file stsb/stsb-en-test.csv, split at "\n"; of the lines that hold no double quote, the 0th, 10th …
            990th: what stands before the first comma. Without a quote in the line this is CSV's first field.
"""

import csv
import hashlib
import io
import json

import numpy as np
import torch

import reference


def passages() -> list[tuple[dict, str]]:
    data = reference.data_dir()
    found = []
    documents = (data / "scifact" / "corpus.jsonl").read_text(encoding="utf-8").split("\n")
    for line in range(0, 5000, 50):
        document = json.loads(documents[line])
        found.append(({"source": "scifact", "line": line, "id": document["_id"]}, document["title"] + " " + document["text"]))

    raw = (data / "stsb" / "stsb-en-test.csv").read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(raw, newline="")))
    unquoted = [(n, line) for n, line in enumerate(raw.split("\n")) if line and '"' not in line]
    for n, line in unquoted[:1000:10]:
        text = line.split(",")[0]
        assert rows[n][0] == text, f"line {n}: the short rule and the csv module differ"
        found.append(({"source": "stsb", "line": n}, text))
    assert len(found) == 200
    return found


def main() -> None:
    folder = reference.model_dir()
    tokenizer = reference.fast_tokenizer(folder, reference.MINILM_MAX_TOKENS)
    found = passages()
    sequences = [tokenizer.encode(text).ids for _, text in found]
    vectors = reference.embed_each_alone(reference.load_minilm(folder, torch.float64), sequences, "mean")
    reference.assert_batches_agree(reference.load_minilm(folder, torch.float32), sequences, "mean", vectors)

    binary = np.asarray(vectors, dtype="<f4").tobytes()
    assert len(binary) == 200 * 384 * 4
    (reference.OUT / "real_passages.f32").write_bytes(binary)
    entries = [
        where | {"sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(), "tokens": len(ids)}
        for (where, text), ids in zip(found, sequences, strict=True)
    ]
    reference.write_json(
        "real_passages.json",
        {
            "model": "all-MiniLM-L6-v2",
            "pooling": "mean",
            "max_tokens": reference.MINILM_MAX_TOKENS,
            "dims": 384,
            "vectors": "real_passages.f32",
            "vectors_sha256": hashlib.sha256(binary).hexdigest(),
        },
        "passages",
        entries,
    )


if __name__ == "__main__":
    main()
