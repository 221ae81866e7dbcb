"""tiny-mean and tiny-cls: two complete models of 100 KB with random weights, and what they answer.

They differ where published models differ: tiny-mean carries the pooler and the `position_ids` buffer that
all-MiniLM-L6-v2 carries (both without use to us), tiny-cls neither.
"""

import json

import torch
from safetensors.torch import save_file
from transformers import BertConfig

import random_weights
import reference

# Large enough that attention is far from uniform: a wrong mask, scale or head order shows.
SCALE = 0.4
CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 64,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "vocab_size": 128,
}
LENGTHS = [1, 2, 3, 8, 21, 64]


def main() -> None:
    for pooling in ("mean", "cls"):
        make(pooling)


def make(pooling: str) -> None:
    name = f"tiny-{pooling}"
    folder = reference.OUT / name
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    write(folder / "config.json", CONFIG)
    write(
        folder / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": CONFIG["hidden_size"],
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
    )

    config = BertConfig.from_json_file(str(folder / "config.json"))
    shapes = random_weights.bert_shapes(config, pooler=pooling == "mean")
    # The model's name goes into the seed, so that the two do not share weights.
    weights = {tensor: random_weights.tensor(f"{name}/{tensor}", shape, SCALE) for tensor, shape in shapes.items()}
    stored = dict(weights)
    if pooling == "mean":
        stored["embeddings.position_ids"] = torch.arange(config.max_position_embeddings).unsqueeze(0)
    save_file(stored, str(folder / "model.safetensors"), metadata={"format": "pt"})

    sequences = [random_weights.token_ids(f"{name}/ids/{n}", n, config.vocab_size, 1) for n in LENGTHS]
    exact = reference.bert(config, weights, torch.float64)
    vectors = reference.embed_each_alone(exact, sequences, pooling)
    reference.assert_batches_agree(reference.bert(config, weights, torch.float32), sequences, pooling, vectors)
    hidden, _ = reference.hidden_states(exact, [sequences[3]])
    reference.write_json(
        f"{name}/expected.json",
        {
            "pooling": pooling,
            "last_hidden_state": {
                "ids": sequences[3],
                "rows": [reference.digits(row) for row in hidden[0].numpy()],
            },
        },
        "sequences",
        [{"ids": ids, "vector": reference.digits(vector)} for ids, vector in zip(sequences, vectors, strict=True)],
    )


def write(path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
