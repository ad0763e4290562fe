"""Writes RESULTS.md from what was measured."""

MIXERS = ("gla", "gated-deltanet", "mlstm-large", "rwkv7", "s6")
# What we want at least: how many times as fast as the fastest peer.
TARGETS = {
    "note-rnn": 25,
    "note-cell": 7,
    "lstm-256": 1.4,
    "lstm-512": 1.4,
    "lstm-1024": 1.4,
    "gru-256": 1.7,
    "gru-512": 1.7,
    "bilstm-256": 3.8,
    "infer-256": 1.15,
    "zoo-mgu": 2,
    "zoo-lstm-peephole": 2.6,
    "zoo-ligru": 1.95,
    "zoo-indrnn": 1.6,
    "zoo-mingru": 2.4,
    "zoo-slstm": 1.8,
    **{f"matrix-{cell}": 1.4 for cell in MIXERS},
    "matrix-gla-alone": 2,
    "matrix-mlstm-large-alone": 2,
    **{f"matrix-{cell}-alone": 3 for cell in ("gated-deltanet", "rwkv7", "s6")},
    **{f"matrix-{cell}-token": 20 for cell in MIXERS},
    "rtrl-indrnn": 2,
    "rtrl-lstm": 4,
}
# Of each side, where nothing else is said.
THREADS = 2
# Milliseconds from the start of the process to the first character.
START = 15
WITH_MATRIX_UNIT = {"high": 3, "medium": 2.5}
MEMORY_TARGET = 0.6

OPENING = """\
# swift-rnn beside its peers

Both sides have the same models, sizes and kinds of data on the same machine, by turns, one process each that stays
alive, so that starting doesn't count. The peer of a case is whichever is fastest of PyTorch,
onnxruntime (inference) and JAX (a recurrence as a compiled scan), each in the fastest of its settings; all are float32.
Every round measures both sides one right after the other. `best` is the peer's fastest round by our fastest, `median`
the median of the rounds' ratios: above 1 we are faster. Targets are held against the smaller of the two. Rounds in which
other programs or the host took more than 3% of the processors are left out. All cases are here, whatever came out;
they are of two threads on each side unless they name others.
[README.md](README.md) says how to repeat it.
"""

# The peers' names by those of peers/server.py.
LIBRARIES = {"pytorch": "PyTorch", "onnxruntime": "onnxruntime", "jax": "JAX"}


def key(case, precision, threads):
    """The name of a measurement among the stored ones."""
    return f"{case} {precision}, {_threads(threads)}"


def _threads(count):
    return f"{count} thread{'s' if count > 1 else ''}"


def line(result):
    """One line about a case, for the terminal."""
    low, high = result["ratios"][0], result["ratios"][-1]
    return (
        f"{key(result['case'], result['precision'], result['threads'])}: {_time(result['fastest'][0])} ms, "
        f"{LIBRARIES[result['library']]} "
        f"{_time(result['fastest'][1])} ms ({result['setting']}): best {result['best']:.2f}, "
        f"median {result['ratio']:.2f} ({low:.2f} to {high:.2f}), {_calm(result)} rounds quiet"
    )


def _name(result):
    """A case, and its threads where they are not as many as usual."""
    threads = result["threads"]
    return result["case"] + (f", {_threads(threads)}" if threads != THREADS else "")


def _calm(result):
    return f"{result['quietRounds']} of {result['rounds']}"


def text(stored, names):
    """The whole page."""
    order = {name: place for place, name in enumerate(names)}
    rank = ["highest", "high", "medium"]
    results = sorted(
        stored["cases"].values(),
        key=lambda r: (order.get(r["case"], len(order)), rank.index(r["precision"]), -r["threads"]),
    )
    parts = [OPENING, _machine(stored, results), _speed(stored, results), _zoo(results)]
    parts += [_memory(results), _settings(results), _extras(stored)]
    return "\n".join(part for part in parts if part)


def _machine(stored, results):
    machine, versions = stored["machine"], stored["versions"]
    dates = sorted({result["date"] for result in results})
    when = " to ".join(sorted({dates[0], dates[-1]})) if dates else ""
    peak = ", ".join(
        f"{limit['gigaflops']:.0f} GFLOP/s on {limit['threads']}" for limit in machine["limits"]
    )
    unit = f"{machine['tileGigaflops']:.0f} GFLOP/s" if machine["tileGigaflops"] else "none"
    return (
        f"- Machine: {machine['machine']['processor']}, {machine['machine']['cores']} cores, "
        f"caches {machine['machine']['caches']}\n"
        f"- Instruction set of our kernels: {machine['machine']['instructions']}; matrix unit: {unit}"
        + (
            ""
            if machine["tileGigaflops"]
            else ", so that `high` and `medium` are computed in float32"
        )
        + f"\n- Measured limit of float32 multiply-add: {peak} threads\n"
        + _quietness(results)
        + "".join(f"- {name}: {version}\n" for name, version in versions.items())
        + f"- Date: {when}\n"
    )


def _quietness(results):
    """How quiet the machine was, in a line."""
    if not results:
        return ""
    quiet = sum(result["quietRounds"] for result in results)
    rounds = sum(result["rounds"] for result in results)
    limits = [limit for result in results for limit in result["limits"]]
    restless = [_name(result) for result in results if not result["conclusive"]]
    return (
        f"- Quiet: {quiet} of {rounds} rounds; multiply-add before and after the cases from {min(limits):.0f} to "
        f"{max(limits):.0f} GFLOP/s"
        + (f"; too few quiet rounds for {', '.join(restless)}" if restless else "")
        + "\n"
    )


def _speed(stored, results):
    limits = {limit["threads"]: limit["gigaflops"] for limit in stored["machine"]["limits"]}
    rows = [
        "## Speed\n",
        "Milliseconds are for one training step, one pass, one step (rtrl) or one character (gen, start), in each side's "
        "fastest round. GFLOP/s are the operations of the equations by our time; of these we save some where a layer reads "
        "tokens: the products of its input are then those of the embedding's rows, not of every token.\n",
        "| case | what | precision | ours, ms | peer, ms | peer | best | median | range | quiet rounds | target "
        "| GFLOP/s | of peak |",
        "|---|---|---|---:|---:|---|---:|---:|---|---|---|---:|---:|",
    ]
    for result in results:
        low, high = result["ratios"][0], result["ratios"][-1]
        rate, share = "", ""
        if result["gigaflops"] > 0:
            rate = f"{result['gigaflops']:.1f}"
            share = f"{result['gigaflops'] / limits.get(result['threads'], float('inf')):.0%}"
        rows.append(
            f"| {_name(result)} | {result['sizes']} | {result['precision']} | {_time(result['fastest'][0])} "
            f"| {_time(result['fastest'][1])} | {LIBRARIES[result['library']]} | {result['best']:.2f} "
            f"| {result['ratio']:.2f} | {low:.2f} to {high:.2f} | {_calm(result)} | {_target(result)} "
            f"| {rate} | {share} |"
        )
    return "\n".join(rows) + "\n"


def _target(result):
    if result["case"] == "start":
        return f"{START} ms, {'met' if result['ours'] <= START else 'missed'}"
    wanted = TARGETS.get(result["case"])
    if wanted is None:
        return ""
    if result["precision"] != "highest" and result["case"].split("-")[0] in ("lstm", "gru"):
        wanted = WITH_MATRIX_UNIT[result["precision"]]
    reached = min(result["best"], result["ratio"])
    return f"{wanted:g}, {'met' if reached >= wanted else 'missed'}"


def _zoo(results):
    zoo = {
        r["case"]: r
        for r in results
        if r["case"].startswith("zoo-") and (r["precision"], r["threads"]) == ("highest", THREADS)
    }
    if "zoo-lstm" not in zoo:
        return ""
    rows = [
        "## Cells beside the LSTM\n",
        "Time per floating-point operation of a cell's step, forward and backward, as a multiple of the LSTM's; "
        "wanted: at most 1.5.\n",
        "| cell | time per operation | |",
        "|---|---:|---|",
    ]
    base = zoo["zoo-lstm"]["gigaflops"]
    for name, result in zoo.items():
        multiple = base / result["gigaflops"]
        rows.append(
            f"| {name[4:]} | {multiple:.2f} | {'met' if multiple <= 1.5 else 'missed'} |"
        )
    return "\n".join(rows) + "\n"


def _memory(results):
    rows = [
        "## Peak memory\n",
        "Of a fresh process that does the case a few times, in megabytes: all of it, and what came on top once the "
        f"libraries were loaded. Wanted for training: at most {MEMORY_TARGET:.0%} of the peer's.\n",
        "| case | precision | ours | peer | share | ours, on top | peer, on top | share on top |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    measured = [result for result in results if "memory" in result]
    for result in measured:
        ours, peers = result["memory"]["ours"], result["memory"]["peers"]
        own, theirs = (side["peak"] - side["idle"] for side in (ours, peers))
        rows.append(
            f"| {_name(result)} | {result['precision']} | {_megabytes(ours['peak'])} "
            f"| {_megabytes(peers['peak'])} | {ours['peak'] / peers['peak']:.0%} | {_megabytes(own)} "
            f"| {_megabytes(theirs)} | {own / max(theirs, 1):.0%} |"
        )
    return "\n".join(rows) + "\n" if measured else ""


def _settings(results):
    rows = [
        "## The peers' settings\n",
        "Every setting that was tried, in milliseconds when it was tried; the fastest was kept.\n",
        "| case | precision | kept | tried |",
        "|---|---|---|---|",
    ]
    for result in results:
        tried = "; ".join(f"{name}: {_time(ms)}" for name, ms in result["tried"].items())
        rows.append(
            f"| {_name(result)} | {result['precision']} | {LIBRARIES[result['library']]}: {result['setting']} | {tried} |"
        )
    return "\n".join(rows) + "\n"


def _extras(stored):
    titles = {
        "peak": "The machine's own limits: `bench peak`",
        "layout": "Batch first and time first: `bench layout`",
        "products 512": "The products of an LSTM of 512 units: `bench products --input 512 --hidden 512`",
        "products 1024": "Of 1024 units, 64 steps",
        "checkpoint": "Files of a trained model: `bench checkpoint` and `peers/checkpoint.py`",
        "generation": "Generation beside the memory's speed: `bench gen`",
    }
    return "\n".join(
        f"## {title}\n\n```\n{stored['extras'][name].strip()}\n```\n"
        for name, title in titles.items()
        if name in stored.get("extras", {})
    )


def _time(milliseconds):
    return f"{milliseconds:.4f}" if milliseconds < 1 else f"{milliseconds:.2f}"


def _megabytes(count):
    return f"{count / 1e6:.0f}"
