"""JAX's side: a layer's recurrence as a compiled scan, forward and backward, for the cells of the zoo.

The input's products stand before the scan. XLA takes as many threads as there are processors, or one where
`use_threads` is never told of more; each setting is a number of steps that one turn of the loop unrolls.
"""

import os

THREADS = int(os.environ.get("PEER_THREADS", "2"))
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
from jax import lax, nn  # noqa: E402
from jax import numpy as jnp  # noqa: E402
from setting import Setting  # noqa: E402


def begin():
    pass


def use_threads(count):
    """XLA's number of threads is that of the start."""


def settings(case, precision, threads, compiles):
    """All settings of a case."""
    if case.task != "backward" or case.cell not in CELLS or case.batch_first:
        return []
    if precision != "highest" or not compiles or not case.name.startswith("zoo"):
        return []
    ways = [
        Setting(f"scan, {unrolled} steps a turn", _prepare(case, unrolled=unrolled), threads)
        for unrolled in (1, 4, 10)
    ]
    if case.cell == "mingru":
        ways.append(Setting("associative scan", _prepare(case, associative=True), threads))
    return ways


def _prepare(case, unrolled=1, associative=False):
    def make():
        gates, matrices, vectors, step, width = CELLS[case.cell]
        keys = iter(jax.random.split(jax.random.PRNGKey(1), 16))
        hidden = case.hidden

        def weight(*shape):
            return jax.random.uniform(next(keys), shape, minval=-(hidden**-0.5), maxval=hidden**-0.5)

        weights = {"w": weight(case.input, gates * hidden), "b": weight(gates * hidden)}
        weights |= {name: weight(hidden, count * hidden) for name, count in matrices.items()}
        weights |= {name: weight(hidden) for name in vectors}
        x = jax.random.normal(next(keys), (case.steps, case.batch, case.input))
        start = tuple(jnp.zeros((case.batch, hidden)) for _ in range(width))

        def total(weights):
            rows = x @ weights["w"] + weights["b"]
            if associative:
                return _associative_mingru(rows).sum()
            _, outputs = lax.scan(
                lambda state, row: step(weights, state, row), start, rows, unroll=unrolled
            )
            return outputs.sum()

        gradient = jax.jit(jax.value_and_grad(total))
        return lambda: jax.block_until_ready(gradient(weights))

    return make


def _lstm(p, state, row):
    h, c = state
    i, f, g, o = jnp.split(row + h @ p["u"], 4, -1)
    c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
    h = nn.sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def _peephole(p, state, row):
    h, c = state
    i, f, g, o = jnp.split(row + h @ p["u"], 4, -1)
    i, f = nn.sigmoid(i + p["pi"] * c), nn.sigmoid(f + p["pf"] * c)
    c = f * c + i * jnp.tanh(g)
    h = nn.sigmoid(o + p["po"] * c) * jnp.tanh(c)
    return (h, c), h


def _mgu(p, state, row):
    (h,) = state
    of_f, of_n = jnp.split(row, 2, -1)
    f = nn.sigmoid(of_f + h @ p["uf"])
    h = (1 - f) * h + f * jnp.tanh(of_n + (f * h) @ p["un"])
    return (h,), h


def _ligru(p, state, row):
    (h,) = state
    z, n = jnp.split(row + h @ p["u"], 2, -1)
    z = nn.sigmoid(z)
    h = z * h + (1 - z) * nn.relu(n)
    return (h,), h


def _indrnn(p, state, row):
    (h,) = state
    h = nn.relu(row + p["u"] * h)
    return (h,), h


def _mingru_gates(row):
    content, gate = jnp.split(row, 2, -1)
    return nn.sigmoid(gate), jnp.where(content >= 0, content + 0.5, nn.sigmoid(content))


def _mingru(p, state, row):
    (h,) = state
    z, new = _mingru_gates(row)
    h = (1 - z) * h + z * new
    return (h,), h


def _associative_mingru(rows):
    z, new = _mingru_gates(rows)

    def joined(a, b):
        return a[0] * b[0], b[0] * a[1] + b[1]

    return lax.associative_scan(joined, (1 - z, z * new))[1]


def _slstm(p, state, row):
    h, c, n, m = state
    i, f, z, o = jnp.split(row + h @ p["u"], 4, -1)
    kept = nn.log_sigmoid(f) + m
    largest = jnp.where(n == 0, i, jnp.maximum(i, kept))
    i, f = jnp.exp(i - largest), jnp.exp(kept - largest)
    c, n = f * c + i * jnp.tanh(z), f * n + i
    h = nn.sigmoid(o) * c / n
    return (h, c, n, largest), h


def _sru(p, state, row):
    (c,) = state
    f, u, r, skip = jnp.split(row, 4, -1)
    f, r = nn.sigmoid(f + p["vf"] * c), nn.sigmoid(r + p["vr"] * c)
    c = f * c + (1 - f) * u
    return (c,), r * c + (1 - r) * skip


def _lru(p, state, row):
    re, im = state
    x_re, x_im, skip = jnp.split(row, 3, -1)
    radius = jnp.exp(-jnp.exp(p["nu"]))
    cosine, sine = radius * jnp.cos(jnp.exp(p["theta"])), radius * jnp.sin(jnp.exp(p["theta"]))
    gain = jnp.exp(p["gain"]) * jnp.sqrt(1 - radius * radius)
    re, im = cosine * re - sine * im + gain * x_re, sine * re + cosine * im + gain * x_im
    return (re, im), re @ p["of_re"] - im @ p["of_im"] + skip


def _hgrn(p, state, row):
    (h,) = state
    content, f, gate = jnp.split(row, 3, -1)
    f = nn.sigmoid(f)
    h = f * h + nn.silu(content) * (1 - f)
    scale = lax.rsqrt((h * h).mean(-1, keepdims=True) + 1e-5)
    return (h,), p["gain"] * h * scale * nn.silu(gate)


# Gates of the input's product; recurrent matrices with their gates; vectors; the step; the number of states.
CELLS = {
    "lstm": (4, {"u": 4}, [], _lstm, 2),
    "lstm-peephole": (4, {"u": 4}, ["pi", "pf", "po"], _peephole, 2),
    "mgu": (2, {"uf": 1, "un": 1}, [], _mgu, 1),
    "ligru": (2, {"u": 2}, [], _ligru, 1),
    "indrnn": (1, {}, ["u"], _indrnn, 1),
    "mingru": (2, {}, [], _mingru, 1),
    "slstm": (4, {"u": 4}, [], _slstm, 4),
    "sru": (4, {}, ["vf", "vr"], _sru, 1),
    "lru": (3, {"of_re": 1, "of_im": 1}, ["nu", "theta", "gain"], _lru, 2),
    "hgrn": (3, {}, ["gain"], _hgrn, 1),
}
