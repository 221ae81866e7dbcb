"""What all generators share: where the inputs are, the reference BERT, pooling, and how numbers are written.

The reference runs in float64 on the published float32 weights and is rounded at the end. A float32 run
would carry its own rounding error (about 1e-7 a value) and would differ between CPUs and torch builds;
this way the committed numbers are the true values to the digits shown, and come out the same everywhere.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

OUT = Path(os.environ.get("AFTERIMAGE_REFERENCE_OUT", Path(__file__).parent.parent / "tests" / "data"))
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_MAX_TOKENS = 256

torch.manual_seed(0)


def model_dir() -> Path:
    """The unpacked all-MiniLM-L6-v2, checked by the hash of its weights."""
    folder = _folder("AFTERIMAGE_MODEL_DIR", "the folder of all-MiniLM-L6-v2 (config.json, model.safetensors, tokenizer.json, vocab.txt)")
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != MINILM_SHA256:
        sys.exit(f"model.safetensors has SHA-256 {found}, expected {MINILM_SHA256}: fetch the model again.")
    return folder


def data_dir() -> Path:
    """The shared data (scifact, stsb, bge-small-en-v1.5)."""
    return _folder("AFTERIMAGE_DATA", "the folder of the shared data (scifact, stsb, bge-small-en-v1.5)")


def _folder(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value or not Path(value).is_dir():
        sys.exit(f"Set {variable} to {what}.")
    return Path(value)


def fast_tokenizer(folder: Path, max_tokens: int | None = None) -> Tokenizer:
    """The published tokenizer.json without its padding, cut at `max_tokens` special tokens included, or not at all."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    if max_tokens is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(max_tokens)
    return tokenizer


def load_minilm(folder: Path, dtype: torch.dtype) -> BertModel:
    config = BertConfig.from_json_file(str(folder / "config.json"))
    return bert(config, load_file(str(folder / "model.safetensors")), dtype)


def bert(config: BertConfig, weights: dict[str, torch.Tensor], dtype: torch.dtype) -> BertModel:
    """A BertModel of `config` with exactly `weights`; a tensor missing or left over is an error."""
    config._attn_implementation = "eager"
    model = BertModel(config, add_pooling_layer="pooler.dense.weight" in weights)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    # Buffers that some releases of transformers save and others make anew: constants, no weights.
    unexpected = set(unexpected) - {"embeddings.position_ids", "embeddings.token_type_ids"}
    assert not missing and not unexpected, (missing, unexpected)
    return model.to(dtype).eval()


def hidden_states(model: BertModel, sequences: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Last hidden state [batch, longest, hidden] and attention mask [batch, longest] of padded `sequences`."""
    longest = max(len(s) for s in sequences)
    ids = torch.zeros((len(sequences), longest), dtype=torch.long)
    mask = torch.zeros((len(sequences), longest), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    with torch.inference_mode():
        return model(input_ids=ids, attention_mask=mask).last_hidden_state, mask


def embed(model: BertModel, sequences: list[list[int]], pooling: str) -> np.ndarray:
    """Unit vectors [batch, hidden], pooled by `mean` (with the mask) or `cls`; all sequences in one padded batch."""
    hidden, mask = hidden_states(model, sequences)
    if pooling == "mean":
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * weight).sum(1) / weight.sum(1)
    else:
        assert pooling == "cls", pooling
        pooled = hidden[:, 0]
    return torch.nn.functional.normalize(pooled, p=2, dim=1).numpy()


def embed_each_alone(model: BertModel, sequences: list[list[int]], pooling: str) -> np.ndarray:
    return np.concatenate([embed(model, [s], pooling) for s in sequences])


def assert_batches_agree(model32: BertModel, sequences: list[list[int]], pooling: str, alone: np.ndarray) -> None:
    """The same in float32 and padded into batches of eight: proves the mask right and float32 close enough."""
    for start in range(0, len(sequences), 8):
        batch = embed(model32, sequences[start : start + 8], pooling)
        worst = np.abs(batch - alone[start : start + 8]).max()
        assert worst < 1e-5, f"padded float32 batch at {start} is {worst} away"


def digits(values: np.ndarray) -> list[float]:
    """Seven significant digits: what a float32 can hold, and no more bytes than that."""
    return [float(f"{v:.7g}") for v in np.asarray(values, dtype=np.float64)]


def write_json(name: str, head: dict, list_name: str, entries: list) -> None:
    """ASCII JSON: the `head` fields one a line, then `entries` one a line, so that a diff shows which case changed."""
    lines = [f"  {json.dumps(key)}: {_compact(value)}," for key, value in head.items()]
    lines.append(f"  {json.dumps(list_name)}: [")
    lines.append(",\n".join("    " + _compact(entry) for entry in entries))
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + "\n".join(lines) + "\n  ]\n}\n", encoding="ascii", newline="\n")
    print(f"{name}: {len(entries)} {list_name}, {path.stat().st_size:,} bytes")


def _compact(value) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
