#!/usr/bin/env python3
"""Measures what the page on choosing a model says: lengths, depth, and one direction against two.

    swift build -c release --product train
    Benchmarks/measure-advice.py lengths depth directions

Prints one table for each part. Everything is drawn by seed and learned on one thread, so that the figures are
the same on every run; only the seconds, which are the processor's, differ from machine to machine.
"""
import argparse
import csv
import os
import resource
import subprocess
import tempfile

LENGTHS = [25, 50, 100, 200, 400]
CELLS = ["rnn", "lstm", "gru"]


def measure(options, *arguments):
    """Trains; the last evaluation's measures, the processor's seconds, and what train printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with tempfile.TemporaryDirectory() as run:
        text = subprocess.run(
            [f"{options.build}/train", *arguments, "--threads", "1", "--seed", "1", "--no-keep-best", "--run", run,
             "--out", f"{run}/model.rnnz"], check=True, capture_output=True, text=True).stdout
        with open(os.path.join(run, "evaluations.csv")) as file:
            measures = {row["measure"]: float(row["value"]) for row in csv.DictReader(file)}
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return measures, seconds, text


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print()


def lengths(options):
    """The loss of each cell on tasks whose answer lies ever further back."""
    for task, steps in [("adding", options.steps), ("copy", 4 * options.steps)]:
        def row(cell):
            yield f"`{cell}`"
            for length in LENGTHS:
                measures, _, _ = measure(
                    options, "lab", f"{task}:{length}", "--cell", cell, "--hidden", "32", "--batch-size", "32",
                    "--max-steps", str(steps), "--evaluate-every", str(steps), "--learning-rate", "0.005",
                    "--schedule", "cosine")
                yield f"{measures['loss']:.4f}"

        print(f"{task}, {steps} steps of 32 sequences, 32 units:\n")
        table([task] + [str(length) for length in LENGTHS], (row(cell) for cell in CELLS))


def depth(options):
    """The loss on a text of one to four layers of the same size, and of one layer with as many weights."""
    def row(layers, hidden):
        steps = str(options.text_steps)
        measures, seconds, text = measure(
            options, "text", "--dataset", "tales:1000000", "--cell", "gru", "--hidden", str(hidden),
            "--layers", str(layers), "--batch-size", "32", "--steps", "64", "--epochs", "1000",
            "--max-steps", steps, "--evaluate-every", steps, "--schedule", "cosine")
        weights = next(word for word, unit in zip(text.split(), text.split()[1:]) if unit.startswith("weights"))
        return [f"{layers}", f"{hidden}", weights, f"{measures['loss']:.4f}", f"{seconds:.0f}"]

    print(f"GRU on the tales, {options.text_steps} steps of 32 windows of 64 characters:\n")
    shapes = [(1, 64), (2, 64), (3, 64), (4, 64), (1, 104), (1, 132), (1, 156)]
    table(["layers", "units", "weights", "nats a character", "seconds"], (row(*shape) for shape in shapes))


def directions(options):
    """The accuracy of a tagger that reads forward, and of one that reads both ways."""
    def row(name, flag):
        measures, _, _ = measure(options, "tag", flag)
        return [name, f"{measures['accuracy']:.4f}", f"{measures['loss']:.4f}"]

    print("Tagging idioms:\n")
    table(["reads", "accuracy", "nats a word"],
          (row(*way) for way in [("forward", "--no-bidirectional"), ("both ways", "--bidirectional")]))


def main():
    parts = {"lengths": lengths, "depth": depth, "directions": directions}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=parts)
    parser.add_argument("--build", default=".build/release", help="where train is")
    parser.add_argument("--steps", type=int, default=2000, help="steps of training over each length; four times as many for copying")
    parser.add_argument("--text-steps", type=int, default=1500, help="steps of training at each depth")
    options = parser.parse_args()
    for part in options.parts:
        parts[part](options)


main()
