"""Mixers with a matrix for a state as one writes them in PyTorch.

What does not read the state is done for all steps at once. The recurrence is a loop over the steps, the same loop with
a compiled step, or a loop over chunks of steps, whose products are batched. Generation goes on from call to call, a step
each. `python3 matrix.py` compares the chunks, and such calls, with the loops in float64.
"""

import math

import torch
from torch import nn
from torch.nn.functional import conv1d, logsigmoid, normalize, pad, silu, softplus

HEADS = 4


def split(x):
    """[B, T, heads n] as [B, heads, T, n]."""
    return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).flatten(-2)


def read(q, s):
    """The rows of the matrices [B, heads, K, V], weighted by [B, heads, K] and added up."""
    return (q.unsqueeze(-1) * s).sum(-2)


def outer(k, v):
    return k.unsqueeze(-1) * v.unsqueeze(-2)


def linear(inputs, outputs, bias=False):
    return nn.Linear(inputs, outputs, bias=bias)


class Past(nn.Module):
    """Rows [B, T, n] after those that stood before them: zeros or, where calls go on, the last of the call before."""

    def __init__(self, count):
        super().__init__()
        self.count, self.goes_on, self.rows = count, False, None

    def forward(self, x):
        if self.rows is None:
            x = pad(x, (0, 0, self.count, 0))
        else:
            x = torch.cat([self.rows, x], 1)
        if self.goes_on:
            self.rows = x[:, -self.count:]
        return x


class Convolution(nn.Module):
    """A causal convolution over four steps, a channel at a time."""

    def __init__(self, channels, bias):
        super().__init__()
        self.past = Past(3)
        self.weight = nn.Parameter(torch.rand(channels, 1, 4) - 0.5)
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x):
        rows = self.past(x).transpose(1, 2)
        if x.shape[1] == 1:
            # Faster than conv1d for one step.
            y = (rows * self.weight.squeeze(1)).sum(-1).unsqueeze(1)
            return silu(y if self.bias is None else y + self.bias)
        return silu(conv1d(rows, self.weight, self.bias, groups=x.shape[-1])).transpose(1, 2)


class Mixer(nn.Module):
    """`signals` are computed from x for all steps, `step` goes from state to state, `result` follows."""

    state_width = 1

    def __init__(self):
        super().__init__()
        self.chunk = None
        self.advance = type(self).step
        self.goes_on, self.state = False, None

    def go_on(self):
        """From now on each call starts where the one before it ended."""
        self.goes_on = True
        for past in self.modules():
            if isinstance(past, Past):
                past.goes_on = True

    def forward(self, x):
        signals = self.signals(x)
        return self.result(x, self.recur(signals), signals)

    def recur(self, signals):
        """What the recurrence makes of the signals."""
        if self.chunk:
            return type(self).chunks(self.chunk, *signals)
        return self.loop(signals, 2)

    def loop(self, signals, time, *constants):
        """A step after the other; `time` is the signals' axis of steps."""
        state, outputs = self.state or self.start(signals[0]), []
        for row in zip(*(signal.unbind(time) for signal in signals)):
            output, *state = self.advance(*row, *constants, *state)
            outputs.append(output)
        if self.goes_on:
            self.state = state
        return torch.stack(outputs, time)

    def start(self, q):
        return [q.new_zeros(*q.shape[:2], q.shape[-1], q.shape[-1])]


def cut(size, *signals):
    """[B, heads, T, n] as [B, heads, T / size, size, n]."""
    return [signal.unflatten(2, (-1, size)) for signal in signals]


def starts(decay, write):
    """The state that each chunk begins with, if it is decayed and written to as a whole."""
    state, states = torch.zeros_like(write[:, :, 0]), []
    for a, w in zip(decay.unbind(2), write.unbind(2)):
        states.append(state)
        state = a * state + w
    return torch.stack(states, 2)


def lower(total):
    """The decay of a step's write at each later step of a chunk, from running sums of logarithms [.., C, 1]."""
    difference = total - total.transpose(-1, -2)
    later = torch.ones(total.shape[-2], total.shape[-2], dtype=torch.bool).tril()
    return difference.masked_fill(~later, -torch.inf).exp()


class GLA(Mixer):
    def __init__(self, size):
        super().__init__()
        self.query, self.key, self.value, self.gate, self.output = (
            linear(size, size) for _ in range(5)
        )
        self.decay = nn.Sequential(linear(size, 16), linear(16, size, bias=True))
        self.norm = nn.RMSNorm(size // HEADS)

    def signals(self, x):
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        return q * q.shape[-1] ** -0.5, k, v, split(logsigmoid(self.decay(x)) / 16)

    @staticmethod
    def step(q, k, v, log_a, s):
        s = log_a.exp().unsqueeze(-1) * s + outer(k, v)
        return read(q, s), s

    @staticmethod
    def chunks(size, q, k, v, log_a):
        q, k, v, log_a = cut(size, q, k, v, log_a)
        total = log_a.cumsum(-2)
        end = total[..., -1:, :]
        q, kept = q * total.exp(), (k * (end - total).exp()).transpose(-1, -2)
        begun = starts(end.exp().transpose(-1, -2), kept @ v)
        scores = (q @ (k * (-total).exp()).transpose(-1, -2)).tril()
        return (q @ begun + scores @ v).flatten(2, 3)

    def result(self, x, o, signals):
        return self.output(join(self.norm(o)) * silu(self.gate(x)))


class GatedDeltaNet(Mixer):
    def __init__(self, size):
        super().__init__()
        self.query, self.key, self.value, self.gate, self.output = (
            linear(size, size) for _ in range(5)
        )
        self.convolutions = nn.ModuleList(Convolution(size, bias=False) for _ in range(3))
        self.step_size, self.strength = linear(size, HEADS, bias=True), linear(size, HEADS)
        self.rate = nn.Parameter(torch.linspace(0, 2.7, HEADS))
        self.norm = nn.RMSNorm(size // HEADS)

    def signals(self, x):
        products = (self.query(x), self.key(x), self.value(x))
        q, k, v = (split(c(p)) for c, p in zip(self.convolutions, products))
        log_a = split(-self.rate.exp() * softplus(self.step_size(x)))
        strength = split(torch.sigmoid(self.strength(x)))
        return normalize(q, dim=-1) * q.shape[-1] ** -0.5, normalize(k, dim=-1), v, log_a, strength

    @staticmethod
    def step(q, k, v, log_a, b, s):
        s = log_a.exp().unsqueeze(-1) * s
        s = s + outer(k, b * (v - read(k, s)))
        return read(q, s), s

    @staticmethod
    def chunks(size, q, k, v, log_a, b):
        q, k, v, log_a, b = cut(size, q, k, v, log_a, b)
        total = log_a.cumsum(-2)
        decays, kt = lower(total), k.transpose(-1, -2)
        own = b * ((k @ kt) * decays).tril(-1) + torch.eye(size, dtype=q.dtype)
        right = torch.cat([b * v, b * k * total.exp()], -1)
        solved = torch.linalg.solve_triangular(own, right, upper=False, unitriangular=True)
        new, old = solved.split([v.shape[-1], k.shape[-1]], -1)
        end = total[..., -1:, :]
        kept, decay = (k * (end - total).exp()).transpose(-1, -2), end.exp()
        s, states, writes = torch.zeros_like(kept[:, :, 0] @ v[:, :, 0]), [], []
        for n in range(q.shape[2]):
            write = new[:, :, n] - old[:, :, n] @ s
            states.append(s)
            writes.append(write)
            s = decay[:, :, n] * s + kept[:, :, n] @ write
        begun, writes = torch.stack(states, 2), torch.stack(writes, 2)
        return ((q * total.exp()) @ begun + ((q @ kt) * decays) @ writes).flatten(2, 3)

    def result(self, x, o, signals):
        return self.output(join(self.norm(o)) * silu(self.gate(x)))


class MLSTM(Mixer):
    def __init__(self, size):
        super().__init__()
        self.query, self.key, self.value, self.gate, self.output = (
            linear(size, size) for _ in range(5)
        )
        self.write, self.forget = linear(size, HEADS, bias=True), linear(size, HEADS, bias=True)
        nn.init.constant_(self.forget.bias, 4)
        self.norm = nn.LayerNorm(size // HEADS, elementwise_affine=False, eps=1e-6)
        self.gain = nn.Parameter(torch.ones(size))

    def start(self, q):
        matrix = super().start(q)[0]
        return [matrix, matrix[..., 0], matrix[..., :1, 0]]

    def signals(self, x):
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        i, f = (split(15 * torch.tanh(gate(x) / 15)) for gate in (self.write, self.forget))
        return q * q.shape[-1] ** -0.5, k, v, i, logsigmoid(f)

    @staticmethod
    def step(q, k, v, i, log_f, s, n, m):
        largest = torch.maximum(log_f + m, i)
        a, k = torch.exp(log_f + m - largest), torch.exp(i - largest) * k
        s, n = a.unsqueeze(-1) * s + outer(k, v), a * n + k
        weight = (q * n).sum(-1, keepdim=True).abs()
        return read(q, s) / (torch.maximum(weight, torch.exp(-largest)) + 1e-6), s, n, largest

    @staticmethod
    def chunks(size, q, k, v, i, log_f):
        sums = log_f.cumsum(2)
        m = sums + (i - sums).cummax(2).values.clamp(min=0)
        log_a = log_f + pad(m[:, :, :-1], (0, 0, 1, 0)) - m
        ones = pad(v, (0, 1), value=1.0)
        q, k, v, log_a = cut(size, q, torch.exp(i - m) * k, ones, log_a)
        total = log_a.cumsum(-2)
        end = total[..., -1:, :]
        begun = starts(end.exp(), (k * (end - total).exp()).transpose(-1, -2) @ v)
        scores = (q @ k.transpose(-1, -2)) * lower(total)
        o = (scores @ v + (q * total.exp()) @ begun).flatten(2, 3)
        return o[..., :-1] / (torch.maximum(o[..., -1:].abs(), torch.exp(-m)) + 1e-6)

    def result(self, x, o, signals):
        return self.output(torch.sigmoid(self.gate(x)) * join(self.norm(o)) * self.gain)


class RWKV7(Mixer):
    def __init__(self, size):
        super().__init__()
        self.mixes, self.past = nn.Parameter(torch.rand(6, size)), Past(1)
        self.query, self.key, self.value, self.output = (linear(size, size) for _ in range(4))
        low = lambda: nn.Sequential(linear(size, 16), linear(16, size, bias=True))
        self.decay, self.rate, self.gate = low(), low(), low()
        self.key_scale, self.key_rate = nn.Parameter(torch.ones(size)), nn.Parameter(torch.ones(size))
        self.bonus = nn.Parameter(torch.zeros(HEADS, 1, size // HEADS))
        self.norm = nn.GroupNorm(HEADS, size, eps=64e-5)

    def signals(self, x):
        step = self.past(x)[:, :-1] - x
        xr, xw, xk, xv, xa, self.gated = (x + step * mix for mix in self.mixes)
        k, low = self.key(xk), self.decay[1](torch.tanh(self.decay[0](xw)))
        log_a, rate = -math.exp(-0.5) * torch.sigmoid(low), torch.sigmoid(self.rate(xa))
        direction = normalize(split(k * self.key_scale), dim=-1)
        k = k * (1 + (rate - 1) * self.key_rate)
        r, k, v, log_a, rate = (split(s) for s in (self.query(xr), k, self.value(xv), log_a, rate))
        return r, k, v, log_a, direction, -direction * rate

    @staticmethod
    def step(r, k, v, log_a, c, b, s):
        s = log_a.exp().unsqueeze(-1) * s + outer(b, read(c, s)) + outer(k, v)
        return read(r, s), s

    @staticmethod
    def chunks(size, r, k, v, log_a, c, b):
        r, k, v, log_a, c, b = cut(size, r, k, v, log_a, c, b)
        total = log_a.cumsum(-2)
        end = total[..., -1:, :]
        r, c = r * total.exp(), c * (total - log_a).exp()
        bt, kt = ((y * (-total).exp()).transpose(-1, -2) for y in (b, k))
        b, k = ((y * (end - total).exp()).transpose(-1, -2) for y in (b, k))
        own = torch.eye(size, dtype=r.dtype) - (c @ bt).tril(-1)
        right = torch.cat([(c @ kt).tril(-1) @ v, c], -1)
        solved = torch.linalg.solve_triangular(own, right, upper=False, unitriangular=True)
        new, old = solved.split([v.shape[-1], c.shape[-1]], -1)
        write, decay = k @ v, end.exp().transpose(-1, -2)
        s, states, reads = torch.zeros_like(write[:, :, 0]), [], []
        for n in range(r.shape[2]):
            x = new[:, :, n] + old[:, :, n] @ s
            states.append(s)
            reads.append(x)
            s = decay[:, :, n] * s + b[:, :, n] @ x + write[:, :, n]
        begun, x = torch.stack(states, 2), torch.stack(reads, 2)
        return (r @ begun + (r @ bt).tril() @ x + (r @ kt).tril() @ v).flatten(2, 3)

    def result(self, x, o, signals):
        r, k, v = signals[:3]
        direct = (r * k * self.bonus).sum(-1, keepdim=True) * v
        # Each step's heads by themselves: a group norm over [B, H, T] would take all steps together.
        o = self.norm(join(o).flatten(0, 1)).view(x.shape) + join(direct)
        gate = self.gate[1](torch.sigmoid(self.gate[0](self.gated)))
        return self.output(o * gate)


class S6(Mixer):
    states, rank = 16, 16

    def __init__(self, size):
        super().__init__()
        self.expand, self.convolution = linear(size, 2 * size), Convolution(size, bias=True)
        self.select = linear(size, self.rank + 2 * self.states)
        self.widen, self.output = linear(self.rank, size, bias=True), linear(size, size)
        nn.init.constant_(self.widen.bias, -4)
        rates = torch.arange(1.0, self.states + 1).log().repeat(size, 1)
        self.rate, self.direct = nn.Parameter(rates), nn.Parameter(torch.ones(size))

    def signals(self, x):
        u, self.other = self.expand(x).chunk(2, -1)
        u = self.convolution(u)
        step, b, c = self.select(u).split([self.rank, self.states, self.states], -1)
        return u, softplus(self.widen(step)), b, c

    @staticmethod
    def step(u, step, b, c, rate, s):
        s = torch.exp(-step.unsqueeze(-1) * rate) * s + outer(step * u, b)
        return (s * c.unsqueeze(1)).sum(-1), s

    def recur(self, signals):
        rate = self.rate.exp()
        if self.chunk:
            return self.chunks(self.chunk, *signals, rate)
        return self.loop(signals, 1, rate)

    def start(self, u):
        return [u.new_zeros(u.shape[0], *self.rate.shape)]

    def result(self, x, o, signals):
        return self.output((o + self.direct * signals[0]) * silu(self.other))

    @staticmethod
    def chunks(size, u, step, b, c, rate):
        """All chunks go from step to step together; then each adds what its first state has become."""
        u, step, b, c = (signal.unflatten(1, (-1, size)) for signal in (u, step, b, c))
        decay, write = torch.exp(-step.unsqueeze(-1) * rate), outer(step * u, b)
        s, inner = torch.zeros_like(write[:, :, 0]), []
        for n in range(size):
            s = decay[:, :, n] * s + write[:, :, n]
            inner.append(s)
        since = torch.exp(-step.cumsum(2).unsqueeze(-1) * rate)
        begun, states = torch.zeros_like(s[:, 0]), []
        for n in range(s.shape[1]):
            states.append(begun)
            begun = since[:, n, -1] * begun + s[:, n]
        every = torch.stack(inner, 2) + since * torch.stack(states, 1).unsqueeze(2)
        return (every * c.unsqueeze(-2)).sum(-1).flatten(1, 2)


MIXERS = {
    "gla": GLA, "gated-deltanet": GatedDeltaNet, "mlstm-large": MLSTM, "rwkv7": RWKV7, "s6": S6
}


class TokenModel(nn.Module):
    """Embedding, a mixer that goes on from token to token, and a logit for every token."""

    def __init__(self, case):
        super().__init__()
        self.embed = nn.Embedding(case.vocabulary, case.input)
        self.mixer = MIXERS[case.cell](case.input)
        self.mixer.go_on()
        self.fc = nn.Linear(case.hidden, case.vocabulary)

    def forward(self, token, _):
        return self.fc(self.mixer(self.embed(token))), None


class Alone(nn.Module):
    """A mixer's recurrence without the products around it: its signals are parameters."""

    def __init__(self, mixer, case):
        super().__init__()
        self.mixer = mixer
        with torch.no_grad():
            signals = mixer.signals(torch.randn(case.batch, case.steps, case.input))
        self.signals = nn.ParameterList(signal.contiguous() for signal in signals)

    def forward(self):
        return self.mixer.recur(list(self.signals))


def recurrences(case, compiles):
    """Every way to run a mixer's recurrence alone."""
    return [(name, lambda make=make: Alone(make(), case)) for name, make in layers(case, compiles)]


def layers(case, compiles):
    """Every way to run a mixer over a sequence: pairs of a name and a function that makes the layer."""
    kind = MIXERS[case.cell]

    def chunked(size):
        mixer = kind(case.input)
        mixer.chunk = size
        return mixer

    def compiled():
        mixer = kind(case.input)
        mixer.advance = torch.compile(kind.step, dynamic=False)
        return mixer

    ways = [("loop", lambda: kind(case.input))]
    if compiles:
        ways.append(("compiled steps", compiled))
    return ways + [(f"chunks of {n}", lambda n=n: chunked(n)) for n in (16, 32, 64)]


def check():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    for name, kind in MIXERS.items():
        mixer, x = kind(24), torch.randn(3, 64, 24)
        leaves, found = list(mixer.parameters()), {}
        for size in (None, 16, 32, 64):
            mixer.chunk = size
            y = mixer(x)
            gradients = torch.autograd.grad((y * y.detach().cos()).sum(), leaves)
            found[size] = [y, *gradients]
        for size in (16, 32, 64):
            pairs = zip(found[size], found[None])
            error = max(((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)
            print(f"{name}, chunks of {size}: largest relative difference {error:.0e}")
            assert error < 1e-9
        mixer.chunk = None
        mixer.go_on()
        with torch.no_grad():
            steps = torch.cat([mixer(row) for row in x.split(1, 1)], 1)
        error = ((steps - found[None][0]).abs().max() / steps.abs().max()).item()
        print(f"{name}, a step a call: largest relative difference {error:.0e}")
        assert error < 1e-9


if __name__ == "__main__":
    check()
