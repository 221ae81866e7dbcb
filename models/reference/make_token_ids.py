"""token_ids.json: the token ids of 200 awkward strings, [CLS] and [SEP] included, cut nowhere.

Two implementations are asked: transformers' pure-Python `BertTokenizerLegacy` on vocab.txt, and the
`tokenizers` library on the published tokenizer.json. Where they agree (nearly always) the answer is confirmed by
code that shares nothing with ours. Where they differ the library's is written, because it is what the model was
published with, and the entry says `"slow_differs": true`; README.md lists why.
"""

from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

import reference
from awkward_strings import STRINGS, text_of


def main() -> None:
    assert len(STRINGS) == 200, len(STRINGS)
    assert len({name for name, _ in STRINGS}) == 200, "two strings have the same name"
    folder = reference.model_dir()
    fast = reference.fast_tokenizer(folder)
    slow = BertTokenizerLegacy(str(folder / "vocab.txt"), do_lower_case=True)
    entries = []
    for name, described in STRINGS:
        text = text_of(described)
        ids = fast.encode(text).ids
        entry = {"name": name}
        entry |= {"text": text} if isinstance(described, str) else {"repeat": list(described)}
        entry |= {"ids": ids}
        by_slow = slow.encode(text)
        if by_slow != ids:
            entry |= {"slow_differs": True}
            print(f"differs: {name}\n  fast {fast.encode(text).tokens}\n  slow {slow.convert_ids_to_tokens(by_slow)}")
        entries.append(entry)
    reference.write_json("token_ids.json", {"model": "all-MiniLM-L6-v2"}, "strings", entries)


if __name__ == "__main__":
    main()
