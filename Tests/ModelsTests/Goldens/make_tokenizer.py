"""Makes the tokenizer fixtures of Goldens/Tokenizer.

A small byte-level BPE vocabulary with the structure of CLIP's is trained on the text below, saved
in three folders that differ in how the padding token is named, and the ids that transformers gives
to a list of strings are recorded for each.

Versions: Python 3.11, transformers 5.23.0, tokenizers 0.23.3.
Run from this folder: python make_tokenizer.py
"""

import json
import os
import random
import shutil

import tokenizers
import transformers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizerFast

assert transformers.__version__ == "5.23.0", transformers.__version__
assert tokenizers.__version__ == "0.23.3", tokenizers.__version__

START, END = "<|startoftext|>", "<|endoftext|>"
MERGES = 600

CORPUS = """
a photo of a cat walking through the snow in the evening light, watercolour style
a pencil sketch of a man looking at the camera, it's the best of the day
they'll go to the market and we've seen the stars; he's not sure that she'd come
a bear in a space suit, walking: through the stars! 2024 was a good year, 1999 was not
the café was naïve, the façade über alles, señor, smörgåsbord, crème brûlée
日本の熊は空を歩く 日本語 東京 你好世界 中文 字符
привет мир, собака и кошка гуляют
the quick brown fox jumps over the lazy dog, again and again and again
an oil painting of a ship on a stormy sea with dramatic clouds and golden light
cinematic lighting, highly detailed, sharp focus, 35mm, f/1.8, depth of field
i'm here, you're there, don't worry, i'd say it's fine!!! ... ??? --- ###
slow motion, time lapse, drone shot, hand held, close-up, wide-angle, 8k, 4k, hdr
"""


def byte_symbols():
    """The symbol of each byte in vocabulary order: printable ones first, the others after them."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(0x100 + n) for n in range(len(others))]


def train():
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    pattern = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pattern, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=1 << 14,
        min_frequency=2,
        initial_alphabet=byte_symbols(),
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS.strip().splitlines() * 3, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"][:MERGES]
    return [tuple(pair) for pair in merges]


def write(folder, vocabulary, merges, config, special):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/vocab.json", "w", encoding="utf-8") as file:
        json.dump(vocabulary, file, ensure_ascii=False)
    with open(f"{folder}/merges.txt", "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n")
        file.writelines(f"{left} {right}\n" for left, right in merges)
    with open(f"{folder}/tokenizer_config.json", "w", encoding="utf-8") as file:
        json.dump(config, file, indent=1)
    if special is not None:
        with open(f"{folder}/special_tokens_map.json", "w", encoding="utf-8") as file:
            json.dump(special, file, indent=1)


def added(content, normalized=True):
    return {
        "content": content,
        "lstrip": False,
        "normalized": normalized,
        "rstrip": False,
        "single_word": False,
    }


TEXTS = [
    "",
    " ",
    "a photo of a cat",
    "A Photo  of\ta CAT",
    "\n\r\n a\u00a0photo\u3000of\u2003a\u2028cat \x85",
    "pencil sketch of a man looking at the camera",
    "it's 2024!!! they'll go",
    "IT'S 2024!!! THEY'LL GO",
    "Café naïve",
    "Cafe\u0301 nai\u0308ve",
    "space-bear, walking: through the stars",
    "日本 🐻",
    "日本の熊は空を歩く",
    "你好，世界！",
    "привет МИР, Собака",
    "don't can't won't I'd I'm we've you're he's they'll o'clock 'tis",
    "''s '''t 'sS 's's're've'm'll'd'x",
    "’s ’t typographic’s “quotes” — dash – dash … ellipsis",
    "1234567890 3.14159 1,000,000 10% $5 €20 ½ ² ③ Ⅷ ٣ ४ 七",
    "a1b2c3 1st 2nd 35mm f/1.8 8k 4K HDR10+",
    "!!! ??? ... --- ### !?!? @#$%^&*()_+{}|:\"<>?~`[]\\;',./",
    "!",
    "!!",
    "a ! b",
    "wow!",
    "wow! great!!",
    "<|startoftext|>",
    "<|endoftext|>",
    "a<|endoftext|>b",
    "a <|endoftext|> b",
    "<|ENDOFTEXT|> upper",
    "<|StartOfText|>mixed<|EndOfText|>",
    "<|endoftext|><|endoftext|>!<|startoftext|>",
    "<|endoftext| >",
    "<|end",
    "|>",
    "🐻🐻‍❄️👩‍👩‍👧‍👦 🇯🇵 1️⃣ ☃️",
    "👍🏽👍🏿",
    "e\u0301e\u0327\u0301 a\u0323\u0302 \u0301alone",
    "q\u0307\u0323 q\u0323\u0307",
    "\u1100\u1161\u11a8 \uac00\u11a8 각",
    "Å \u212b A\u030a",
    "ﬁ ﬂ ﬀ ｆｕｌｌ　ｗｉｄｔｈ Ｉ",
    "İstanbul ISTANBUL ıIiİ",
    "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ ς σ",
    "ẞ ß SS STRAẞE straße",
    "ǅ ǆ Ǆ Ⅳ ⅳ Ⓐ ⓐ",
    "\u0130\u0307 I\u0307",
    "नमस्ते दुनिया",
    "ภาษาไทย ทดสอบ",
    "العربية ١٢٣ مرحبا",
    "עִבְרִית שלום",
    "한국어 테스트 안녕하세요",
    "Tiếng Việt có dấu",
    "𝒜𝓫𝔠 𝟘𝟙𝟚 𐐀𐐨 𠀀𠀁",
    "a\u200bb\u200cc\u200dd\ufeffe\u00adf\u2060g",
    "a\x00b\x01c\x1fd\x7fe",
    "\x1c\x1d\x1e\x1f",
    "tab\tvertical\x0bform\x0cfeed",
    "under_score snake_case __init__ a_1",
    "C++ C# .NET node.js e-mail@example.com https://example.com/?q=1&r=2",
    "x" * 200,
    "ab" * 300,
    "word " * 100,
    "the " * 74 + "end",
    "the " * 75,
    "the " * 76,
    "! " * 80,
    "日" * 60,
    "🐻" * 40,
    "supercalifragilisticexpialidocious",
    "aaaaaaaaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaaaaaaab",
    "again and again and AGAIN",
    "\ud7ff\ue000\uf8ff\ufffd\uffff",
    "\U000e0001\U000e0061\U0010ffff",
    "ㄱㄴㄷ ｱｲｳ ｶﾞ か\u3099",
    "\u0344 \u0f73 \u2126 \u1f71 \u0958 \ufb1d",
    "¿Qué? ¡Olé! «guillemets» ‹single›",
    "a\u0300\u0316\u0301\u0317b",
    "°C ℃ K \u212a ℝ ℵ ™ ® © ª º",
    "1⁄2 x² y₃ H₂O E=mc²",
    "→ ← ∀x∈ℝ: ∃y ≠ ∅ ∞ √2",
    "─│┌┐ █▓▒░ ♠♥♦♣ ♪♫",
]


def fuzz(count):
    """Strings of random pieces from a fixed seed."""
    generator = random.Random(20260101)
    pieces = list("abcdefgh ABC  123!?'.,<|>\t\n") + ["'s", "'ll", "the", "é", "e\u0301", "日", "🐻", END, "\u0323"]
    ranges = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x900, 0x97F), (0x3040, 0x30FF),
              (0x4E00, 0x4FFF), (0xAC00, 0xADFF), (0x1F300, 0x1F5FF), (0x1E00, 0x1FFF)]
    for _ in range(count):
        text = ""
        for _ in range(generator.randint(1, 24)):
            if generator.random() < 0.6:
                text += generator.choice(pieces)
            else:
                text += chr(generator.randint(*generator.choice(ranges)))
        yield text


def record(folder):
    tokenizer = CLIPTokenizerFast.from_pretrained(folder)
    rows = []
    for text in [*TEXTS, *fuzz(80)]:
        out = tokenizer(text, padding="max_length", max_length=77, truncation=True)
        count = sum(out["attention_mask"])
        ids, pad = out["input_ids"], tokenizer.pad_token_id
        assert len(ids) == 77 and all(i == pad for i in ids[count:])
        rows.append({"text": text, "ids": ids[:count]})
    path = f"{folder}/expected.json"
    with open(path, "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(row) for row in rows)
        file.write(f'{{"pad": {tokenizer.pad_token_id}, "rows": [\n{lines}\n]}}\n')
    print(folder, tokenizer.pad_token_id, len(rows))


def main():
    merges = train()
    symbols = byte_symbols()
    names = [*symbols, *(s + "</w>" for s in symbols), *(a + b for a, b in merges), START, END]
    vocabulary = {name: index for index, name in enumerate(names)}
    assert len(vocabulary) == len(names)
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Tokenizer")
    shutil.rmtree(here, ignore_errors=True)
    common = {"add_prefix_space": False, "do_lower_case": True, "errors": "replace",
              "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    specials = {"bos_token": added(START), "eos_token": added(END), "unk_token": added(END)}
    tagged = {key: {"__type": "AddedToken", **value} for key, value in specials.items()}
    # Stable Diffusion 1.5: the padding token is the end token.
    write(f"{here}/sd15", vocabulary, merges, {**common, **tagged, "pad_token": END},
          {**specials, "pad_token": END})
    # Stable Diffusion 2: the two files disagree and the map of special tokens wins.
    write(f"{here}/sd2", vocabulary, merges, {**common, **tagged, "pad_token": END},
          {**specials, "pad_token": "!"})
    # Files saved by newer libraries: with `added_tokens_decoder` the map is not read at all.
    decoder = {str(vocabulary[t]): {**added(t), "special": True} for t in (START, END)}
    write(f"{here}/decoder", vocabulary, merges,
          {**common, "bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END,
           "added_tokens_decoder": decoder},
          {**specials, "pad_token": "!"})
    for name in ("sd15", "sd2", "decoder"):
        record(f"{here}/{name}")


main()
