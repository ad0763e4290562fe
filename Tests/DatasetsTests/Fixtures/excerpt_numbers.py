"""Prints the numbers that TimeMachineTests.swift expects, in plain Python.

Usage: python3 excerpt_numbers.py excerpt.txt
The excerpt is the first 30 lines of The Time Machine by H. G. Wells (public domain).
"""
import collections, re, struct, sys, zlib

lines = [re.sub("[^A-Za-z]+", " ", line).strip().lower() for line in open(sys.argv[1])]
text = "".join(lines)
frequencies = sorted(collections.Counter(text).items(), key=lambda pair: pair[1], reverse=True)
vocabulary = ["<unk>"] + [character for character, _ in frequencies]
tokens = [vocabulary.index(character) for character in text]


def digest(numbers):
    return hex(zlib.crc32(struct.pack(f"<{len(numbers)}i", *numbers)))


rows, length = 4, 5
usable = (len(tokens) - 1) // rows * rows
columns = usable // rows
batches = [
    [tokens[shift + row * columns + start : shift + row * columns + start + length] for row in range(rows)]
    for start in range(0, columns // length * length, length)
    for shift in (0, 1)
]
print("characters", len(text), "text crc32", hex(zlib.crc32(text.encode())))
print("vocabulary", "".join(vocabulary[1:]))
print("first tokens", tokens[:20])
print("tokens digest", digest(tokens))
print("sequential batches", columns // length, "of 4 x 5, digest", digest([t for b in batches for row in b for t in row]))
