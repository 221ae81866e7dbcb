"""bge_small_random.json: what a BERT of bge-small-en-v1.5's shape answers, with CLS pooling, on weights made by recipe.

The shared data holds the model's configuration but not its weights. Twelve layers, 512 positions and CLS
pooling can be tested all the same: both sides make the weights of `random_weights.py`.
"""

import hashlib

import torch
from transformers import BertConfig

import random_weights
import reference

SCALE = 0.1
LENGTHS = [2, 5, 17, 64, 128, 300]
# The recipe's checkpoints: a mistake in it is to be found here, not in the vectors.
CHECKPOINTS = [
    "embeddings.word_embeddings.weight",
    "embeddings.LayerNorm.weight",
    "encoder.layer.0.attention.self.query.weight",
    "encoder.layer.11.output.LayerNorm.weight",
    "encoder.layer.11.output.dense.bias",
]


def main() -> None:
    config = BertConfig.from_json_file(str(reference.data_dir() / "bge-small-en-v1.5" / "config.json"))
    weights = random_weights.bert_weights(config, SCALE, pooler=False)
    # Between [CLS] and [SEP] as in real text; 999 is where the vocabulary's unused entries end.
    sequences = [
        [101, *random_weights.token_ids(f"bge-small-random/ids/{n}", n - 2, config.vocab_size, 999), 102] for n in LENGTHS
    ]
    vectors = reference.embed_each_alone(reference.bert(config, weights, torch.float64), sequences, "cls")
    reference.assert_batches_agree(reference.bert(config, weights, torch.float32), sequences, "cls", vectors)
    # Random networks can answer every input alike, and would then test nothing.
    off_diagonal = (vectors @ vectors.T)[~torch.eye(len(LENGTHS), dtype=torch.bool).numpy()]
    assert off_diagonal.max() < 0.99, off_diagonal

    checkpoints = [
        {
            "name": name,
            "shape": list(weights[name].shape),
            "first": [float(v) for v in weights[name].flatten()[:4]],
            "sha256": hashlib.sha256(weights[name].numpy().astype("<f4").tobytes()).hexdigest(),
        }
        for name in CHECKPOINTS
    ]
    reference.write_json(
        "bge_small_random.json",
        {
            "config": {
                "vocab_size": config.vocab_size,
                "hidden_size": config.hidden_size,
                "num_hidden_layers": config.num_hidden_layers,
                "num_attention_heads": config.num_attention_heads,
                "intermediate_size": config.intermediate_size,
                "max_position_embeddings": config.max_position_embeddings,
                "type_vocab_size": config.type_vocab_size,
                "hidden_act": config.hidden_act,
                "layer_norm_eps": config.layer_norm_eps,
            },
            "scale": SCALE,
            "pooling": "cls",
            "tensors": checkpoints,
        },
        "sequences",
        [{"ids": ids, "vector": reference.digits(vector)} for ids, vector in zip(sequences, vectors, strict=True)],
    )


if __name__ == "__main__":
    main()
