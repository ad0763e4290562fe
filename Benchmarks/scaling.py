#!/usr/bin/env python3
"""Measures training on one and on two ranks of this machine, and predicts it for up to 1,024 ranks on networks.

    Benchmarks/scaling.py measure TRAIN [--link]     # writes Benchmarks/scaling.json
    Benchmarks/scaling.py predict                    # writes Benchmarks/SCALING.md from it

TRAIN is a program built with the trait MPI. With --link, a training over a link of 10 ms and 100 Mbit/s between two
namespaces checks the model (`Scripts/test-mpi-hosts` makes the link).
"""
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# lstm-512 of the benchmarks on the embedded tales: two layers of 512 units.
UNITS, EMBEDDING, TOKENS, STEPS, ROWS_A_RANK, SHARDS_A_RANK = 512, 128, 46, 100, 64, 2
# The numbers of the buckets, and the share of a shard's backward pass after which they are complete.
BUCKETS = [
    (TOKENS * UNITS + TOKENS, 0.1),
    (4 * UNITS * UNITS, 0.5), (4 * UNITS * UNITS, 0.5),
    (4 * UNITS * UNITS, 1), (4 * UNITS * EMBEDDING, 1), (TOKENS * EMBEDDING + 16 * UNITS, 1),
]
EAGER_BYTES = 64 << 10
NETWORKS = {"1 Gbit/s": (50e-6, 1e9 / 8), "10 Gbit/s": (20e-6, 10e9 / 8), "100 Gbit/s": (5e-6, 100e9 / 8)}
RANKS = [2 ** power for power in range(1, 11)]


def run(train, ranks, hidden=UNITS, steps=7):
    """Seconds a step, and the seconds of them that rank 0 waited, at the same work a rank."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "mpirun", "--allow-run-as-root", "--oversubscribe", "-np", str(ranks), train, "text",
            "--dataset", "tales:400000", "--cell", "lstm", "--layers", "2", "--hidden", str(hidden), "--embedding",
            str(EMBEDDING), "--batch-size", str(ROWS_A_RANK * ranks), "--steps", str(STEPS), "--shards",
            str(SHARDS_A_RANK * ranks), "--max-steps", str(steps), "--threads", "1", "--evaluate-every", "100000",
            "--log", f"{folder}/log.csv", "--out", f"{folder}/model.rnnz",
        ]
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode:
            sys.exit(result.stdout + result.stderr)
        lines = pathlib.Path(f"{folder}/log.csv").read_text().splitlines()
        column = lines[0].split(",").index("seconds")
        times = [float(line.split(",")[column]) for line in lines[1:]]
        waited = re.findall(r"(\d+)% on the wire", result.stdout)
        share = int(waited[-1]) / 100 if waited else 0
        gaps = [b - a for a, b in zip(times[1:-1], times[2:-1])]
        return statistics.median(gaps), share


def step_time(ranks, compute, latency, bandwidth, overhead, cost):
    """Seconds of a step: the buckets are exchanged one after the other, each when it is complete and those before it are."""
    posts = (ranks - 1) * overhead
    backward = 2 / 3 * compute / SHARDS_A_RANK
    total = compute + cost * 4 * sum(size for size, _ in BUCKETS)
    free = total - backward + latency + posts  # after the losses
    for size, share in BUCKETS:
        ready = total - backward * (1 - share)
        # A large message waits until its receiver has said that it has the memory.
        trips = 3 if 4 * size / ranks > EAGER_BYTES else 1
        free = max(free, ready) + 2 * (trips * latency + posts + (ranks - 1) / ranks * 4 * size / bandwidth)
    return max(free, total)


def measure(train, link):
    """Alternates one rank and two, so that both meet the same state of the machine."""
    rounds = [(run(train, 1), run(train, 2)) for _ in range(3)]
    one = statistics.median(first[0] for first, _ in rounds)
    two = statistics.median(second[0] for _, second in rounds)
    small = [run(train, 2, hidden=16, steps=40) for _ in range(3)]
    alone = [run(train, 1, hidden=16, steps=40) for _ in range(3)]
    # A small model: the losses and one bucket take three rounds of messages.
    latency = max(1e-6, (min(s for s, _ in small) - min(s for s, _ in alone)) / 3)
    # The rest of the time that two ranks need more is the processor's, per byte of the gradients.
    cost = max(0, two - one - latency * (1 + 2 * len(BUCKETS))) / (4 * sum(size for size, _ in BUCKETS))
    values = {
        "compute": one, "two": two, "latency": latency, "overhead": 2e-6, "cost": cost,
        "processor": next(
            (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown"),
    }
    if link:
        script = HERE.parent / "Scripts" / "test-mpi-hosts"
        result = subprocess.run([script, train, "measure"], capture_output=True, text=True)
        found = re.search(r"seconds a step: ([0-9.]+)", result.stdout)
        if not found:
            sys.exit(result.stdout + result.stderr)
        values["link"] = float(found.group(1))
    (HERE / "scaling.json").write_text(json.dumps(values, indent=1) + "\n")
    print(json.dumps(values, indent=1))


def predict():
    """Writes the page."""
    values = json.loads((HERE / "scaling.json").read_text())
    compute, overhead, cost = values["compute"], values["overhead"], values["cost"]
    rows, limits = [], []
    for name, (latency, bandwidth) in NETWORKS.items():
        shares = [compute / step_time(ranks, compute, latency, bandwidth, overhead, cost) for ranks in RANKS]
        rows.append(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
        for limit in (0.95, 0.8):
            below = [ranks for ranks, share in zip(RANKS, shares) if share < limit]
            limits.append(
                f"- On {name} it falls under {limit:.0%} "
                + (f"at {below[0]:,} ranks." if below else f"at no number up to {RANKS[-1]:,}."))
    weak = values["compute"] / values["two"]
    checks = []
    if "link" in values:
        predicted = step_time(2, compute, 10e-3, 100e6 / 8, overhead, cost)
        checks = [
            "", "| check: a delay injected between two ranks | measured | predicted |", "|---|---|---|",
            f"| a link of 10 ms and 100 Mbit/s between two namespaces | {values['link'] * 1e3:.0f} ms a step | {predicted * 1e3:.0f} ms |",
            "", "The model leaves out how a transport cuts large messages into pieces, and waits between them.",
        ]
    page = HERE / "SCALING.md"
    page.write_text(f"""# Weak scaling

How the speed of a rank changes with the number of ranks, where each rank keeps its work: lstm-512, two layers of {UNITS} units, {ROWS_A_RANK} rows
of {STEPS} steps in {SHARDS_A_RANK} shards a rank, {sum(size for size, _ in BUCKETS):,} weights, one thread. `Benchmarks/scaling.py` measures and predicts; this
page is its output.

## Measured

Processor: {values['processor']}, one sitting, by turns, the median of three runs of each.

| | a step |
|---|---|
| one rank | {values['compute'] * 1e3:.0f} ms |
| two ranks, twice the rows | {values['two'] * 1e3:.0f} ms |

Two ranks keep {weak:.1%} of one rank's speed each. An exchange of small messages through memory takes {values['latency'] * 1e6:.0f} µs.

## The model

A rank posts R - 1 messages in (R - 1) o and gets an answer after l; a message above 64 KiB waits for two more messages, which ask
for the receiver's memory and grant it. A bucket of n numbers goes to the ranks that sum its slices, and their sums go to all:

    messages(n) = 2 (l or 3 l + (R - 1) o + (R - 1) / R · 4 n / b)

Buckets are exchanged one after the other, each when its gradients are complete: those of the output layer after a tenth of the
last shard's backward pass, those of the second layer after half, the others at its end. The step ends with the last bucket. l is
the latency, b the bandwidth of a rank's link, o = {overhead * 1e6:.0f} µs. Copies and sums take the processor {cost * 1e9:.2f} ns a byte of the gradients,
which is what two ranks of this machine need more than one, and stands for machines without a spare processor.
{chr(10).join(checks)}

## Predicted

The share of one rank's speed that each of R ranks keeps. Latencies: {", ".join(f"{l * 1e6:.0f} µs on {n}" for n, (l, _) in NETWORKS.items())}.

| network | {" | ".join(f"{ranks:,}" for ranks in RANKS)} |
|---|{"---|" * len(RANKS)}
{chr(10).join(rows)}

{chr(10).join(limits)}

A rank with more threads computes faster and waits for the same messages: divide the compute time by the threads. `--wire bf16`
halves n. More rows a rank hide more of the messages.
""")
    print(page.read_text())


if sys.argv[1:2] == ["measure"]:
    measure(sys.argv[2], "--link" in sys.argv)
elif sys.argv[1:2] == ["predict"]:
    predict()
else:
    sys.exit(__doc__)
