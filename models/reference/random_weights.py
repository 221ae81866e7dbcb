"""Random weights that any language can make again bit for bit.

For the tensor called `name`, element i (row-major, from 0), with u64 arithmetic modulo 2^64:

    seed  = FNV-1a 64 of the UTF-8 bytes of name     (offset 0xCBF29CE484222325, prime 0x100000001B3)
    z     = seed + (i + 1) * 0x9E3779B97F4A7C15      (SplitMix64)
    z     = (z xor (z >> 30)) * 0xBF58476D1CE4E5B9
    z     = (z xor (z >> 27)) * 0x94D049BB133111EB
    z     =  z xor (z >> 31)
    k     = (z >> 40) - 8388608                      (signed, -2^23 .. 2^23 - 1: exact in float32)
    value = float32(k) * (float32(scale) / 8388608)  (the division is by a power of two and so exact: one rounding)

A tensor whose name ends in `LayerNorm.weight` gets float32(1) + value (a second rounding). All others,
biases included, get value. A published random generator was the alternative; its stream would
tie the tests to one library's release.
"""

import numpy as np
import torch


def fnv1a64(name: str) -> int:
    seed = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        seed = ((seed ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return seed


def splitmix64(seed: int, count: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def tensor(name: str, shape: tuple[int, ...], scale: float) -> torch.Tensor:
    z = splitmix64(fnv1a64(name), int(np.prod(shape)))
    k = ((z >> np.uint64(40)).astype(np.int64) - 8388608).astype(np.float32)
    value = k * (np.float32(scale) / np.float32(8388608))
    if name.endswith("LayerNorm.weight"):
        value = np.float32(1) + value
    assert value.dtype == np.float32
    return torch.from_numpy(value.reshape(shape))


def bert_shapes(config, pooler: bool) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors of a Hugging Face BertModel."""
    h, f = config.hidden_size, config.intermediate_size
    shapes = {
        "embeddings.word_embeddings.weight": (config.vocab_size, h),
        "embeddings.position_embeddings.weight": (config.max_position_embeddings, h),
        "embeddings.token_type_embeddings.weight": (config.type_vocab_size, h),
        "embeddings.LayerNorm.weight": (h,),
        "embeddings.LayerNorm.bias": (h,),
    }
    for layer in range(config.num_hidden_layers):
        prefix = f"encoder.layer.{layer}"
        linears = [(f"attention.self.{part}", h, h) for part in ("query", "key", "value")]
        linears += [("attention.output.dense", h, h), ("intermediate.dense", f, h), ("output.dense", h, f)]
        for part, rows, columns in linears:
            shapes[f"{prefix}.{part}.weight"] = (rows, columns)
            shapes[f"{prefix}.{part}.bias"] = (rows,)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{prefix}.{part}.weight"] = (h,)
            shapes[f"{prefix}.{part}.bias"] = (h,)
    if pooler:
        shapes["pooler.dense.weight"] = (h, h)
        shapes["pooler.dense.bias"] = (h,)
    return shapes


def bert_weights(config, scale: float, pooler: bool) -> dict[str, torch.Tensor]:
    return {name: tensor(name, shape, scale) for name, shape in bert_shapes(config, pooler).items()}


def token_ids(name: str, count: int, vocab: int, first_plain: int) -> list[int]:
    """`count` ids in first_plain..vocab, from the same stream."""
    return [first_plain + int(z % np.uint64(vocab - first_plain)) for z in splitmix64(fnv1a64(name), count)]
