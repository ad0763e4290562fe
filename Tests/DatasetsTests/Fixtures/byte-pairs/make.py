"""Makes the files in this folder: pip install tokenizers==0.23.1 && python3 make.py

A byte-level tokenizer in GPT-2's two files, and what the reference implementation makes of some texts.
"""

import json
import pathlib
import random

import tokenizers

folder = pathlib.Path(__file__).parent
reference = tokenizers.ByteLevelBPETokenizer()
reference.train([str(folder.parent / "excerpt.txt")], vocab_size=420, special_tokens=["<|endoftext|>"])
reference.save_model(str(folder))

texts = [
    "",
    "The Time Traveller (for so it will be convenient to speak of him)",
    "it's we're I'll I'd they've I'm don't 's 'st 'll'll ''s O'CLOCK'S",
    "one  two   three\n\n  four \t five\r\n six ",
    "   ",
    "\n",
    " \n x\u00a0y\u3000z \u2003w",
    "price: 3.14, 10,000\u00bd \u0661\u0662\u0663 x2y\u2167",
    "na\u00efve caf\u00e9 cafe\u0301 \u00c5\u212b \u01c5 \u02b0",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002 \u3053\u3093\u306b\u3061\u306f \ud55c\uad6d\uc5b4",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f!!! -- \u2026",
    "a\u0000b\u001c\u001d\u0085c\u200bd\ufeff",
    "and<|endoftext|>the",
]
generator = random.Random(1)
for ceiling in [0x80, 0x300, 0x3000, 0x10000, 0x20000]:
    for _ in range(6):
        scalars = (generator.randrange(ceiling) for _ in range(40))
        texts.append("".join(chr(s) for s in scalars if not 0xD800 <= s < 0xE000))

reference.add_special_tokens(["<|endoftext|>"])
cases = [{"text": text, "tokens": reference.encode(text).ids} for text in texts]
lines = ",\n".join(json.dumps(case) for case in cases)
(folder / "encoded.json").write_text(f"[\n{lines}\n]\n")
