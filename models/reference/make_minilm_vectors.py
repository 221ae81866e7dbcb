"""minilm_vectors.json: 32 texts, their token ids (cut at 256) and their float32 vectors; checks the published similarities."""

import numpy as np
import torch

import reference
from sample_texts import TEXTS

# The model card's own example, as printed there.
PUBLISHED = {(0, 1): 0.6660, (0, 2): 0.1046, (1, 2): 0.1411}


def main() -> None:
    folder = reference.model_dir()
    tokenizer = reference.fast_tokenizer(folder, reference.MINILM_MAX_TOKENS)
    sequences = [tokenizer.encode(text).ids for _, text in TEXTS]
    lengths = [len(s) for s in sequences]
    assert len(TEXTS) == 32 and max(lengths) == 256 and lengths.count(256) >= 3 and lengths.count(128) >= 1, lengths

    vectors = reference.embed_each_alone(reference.load_minilm(folder, torch.float64), sequences, "mean")
    reference.assert_batches_agree(reference.load_minilm(folder, torch.float32), sequences, "mean", vectors)

    for (a, b), published in PUBLISHED.items():
        similarity = float(vectors[a] @ vectors[b])
        assert abs(similarity - published) <= 0.00005, (a, b, similarity, published)

    untruncated = reference.fast_tokenizer(folder)
    reference.write_json(
        "minilm_vectors.json",
        {
            "model": "all-MiniLM-L6-v2",
            "pooling": "mean",
            "max_tokens": reference.MINILM_MAX_TOKENS,
            "published_similarities": [[a, b, s] for (a, b), s in PUBLISHED.items()],
        },
        "texts",
        [
            {
                "name": name,
                "text": text,
                "full_tokens": len(untruncated.encode(text).ids),
                "ids": ids,
                "vector": reference.digits(vector),
            }
            for (name, text), ids, vector in zip(TEXTS, sequences, np.asarray(vectors), strict=True)
        ],
    )


if __name__ == "__main__":
    main()
