"""Writes small models under the names of the programs that publish such models, and their outputs in double precision:

    python make_published_names.py published-names

The mixers are those of CellsTests/Fixtures/cells/matrix_cells.py, which was compared with the published programs; the norms,
residuals and feed-forward parts around them are written here.
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "CellsTests/Fixtures/cells"))
import matrix_cells as cells

TOKENS, SIZE, LAYERS = 7, 8, 2
torch.manual_seed(1)


def rms(x, weight, eps):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def mixer(name, sizes, prefix, dtype, scale=0.5):
    """The parameters of a cell, rounded to the file's type; matrices have the given deviation."""
    shapes = cells.CELLS[name].shapes(sizes)
    return {prefix + n: (torch.randn(*s) * (scale if len(s) > 1 else 1)).to(dtype) for n, s in shapes}


def run(name, sizes, weights, prefix, x):
    """The outputs [T, B, D] of a cell for inputs of that shape."""
    cell = cells.CELLS[name]
    state, outputs = cell.zero(x.shape[1], sizes), []
    own = {n.removeprefix(prefix): w.double() for n, w in weights.items() if n.startswith(prefix)}
    for row in x:
        y, state = cell.step(own, row, state, sizes)
        outputs.append(y)
    return torch.stack(outputs)


def mamba(tokens):
    """A language model of state-spaces/mamba: float32, the output layer tied to the embedding."""
    sizes, w = cells.Sizes(SIZE, 4, 4, 4, 1), {}
    w["backbone.embedding.weight"] = torch.randn(TOKENS, SIZE) * 0.02
    for layer in range(LAYERS):
        w.update(mixer("s6", sizes, f"backbone.layers.{layer}.mixer.", torch.float32))
        w[f"backbone.layers.{layer}.norm.weight"] = 1 + torch.randn(SIZE) / 4
    w["backbone.norm_f.weight"] = 1 + torch.randn(SIZE) / 4
    w["lm_head.weight"] = w["backbone.embedding.weight"]
    x = w["backbone.embedding.weight"].double()[tokens]
    for layer in range(LAYERS):
        prefix = f"backbone.layers.{layer}."
        x = x + run("s6", sizes, w, prefix + "mixer.", rms(x, w[prefix + "norm.weight"].double(), 1e-5))
    return w, rms(x, w["backbone.norm_f.weight"].double(), 1e-5) @ w["lm_head.weight"].double().T


def gla(tokens):
    """A language model of flash-linear-attention: bfloat16, whose norms all have the epsilon of its configuration, 1e-6."""
    sizes, inner, w = cells.Sizes(SIZE, 2, 2, 4, 3), 24, {}
    cells.rms.__defaults__ = (1e-6,)
    half = torch.bfloat16
    w["model.embeddings.weight"] = (torch.randn(TOKENS, SIZE) * 0.02).to(half)
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        w.update(mixer("gla", sizes, prefix + "attn.", half, scale=0.1))
        for norm in ["attn_norm", "mlp_norm"]:
            w[f"{prefix}{norm}.weight"] = (1 + torch.randn(SIZE) / 4).to(half)
        for name, shape in [("gate", (inner, SIZE)), ("up", (inner, SIZE)), ("down", (SIZE, inner))]:
            w[f"{prefix}mlp.{name}_proj.weight"] = (torch.randn(*shape) / 2).to(half)
    w["model.norm.weight"] = (1 + torch.randn(SIZE) / 4).to(half)
    w["lm_head.weight"] = torch.randn(TOKENS, SIZE).to(half)
    x = w["model.embeddings.weight"].double()[tokens]
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        at = lambda name: w[f"{prefix}{name}.weight"].double()
        x = x + run("gla", sizes, w, prefix + "attn.", rms(x, at("attn_norm"), 1e-6))
        y = rms(x, at("mlp_norm"), 1e-6)
        x = x + (torch.nn.functional.silu(y @ at("mlp.gate_proj").T) * (y @ at("mlp.up_proj").T)) @ at("mlp.down_proj").T
    return w, rms(x, w["model.norm.weight"].double(), 1e-6) @ w["lm_head.weight"].double().T


def rwkv7(x):
    """Mixers of RWKV-LM: bfloat16; the first layer has parameters of a value residual that it does not use."""
    sizes, w = cells.Sizes(SIZE, 2, 4, 4, 3), {}
    for layer in range(LAYERS):
        w.update(mixer("rwkv7_residual", sizes, f"blocks.{layer}.att.", torch.bfloat16))
        w[f"blocks.{layer}.ln1.weight"] = torch.ones(SIZE).to(torch.bfloat16)
    return w, run("rwkv7", sizes, w, "blocks.0.att.", x)


def main(folder):
    tokens = torch.arange(10).reshape(5, 2) * 3 % TOKENS
    x = torch.randn(5, 2, SIZE)
    results = {"tokens": tokens.int(), "x": x}
    for name, (weights, output) in {"mamba": mamba(tokens), "gla": gla(tokens), "rwkv7": rwkv7(x.double())}.items():
        torch.save(weights, folder / f"{name}.pt")
        results[name] = output.float()
    save_file(results, folder / "outputs.safetensors")


main(Path(sys.argv[1]))
