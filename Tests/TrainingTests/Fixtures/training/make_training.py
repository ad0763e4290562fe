"""Writes training.json: what PyTorch makes of schedules, averages, clipping and smoothed losses.

Run: python make_training.py   (PyTorch 2.x)
"""
import json
import os
import torch
from torch.optim import lr_scheduler as schedulers
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def rates(make, steps, measured=None):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    scheduler = make(optimizer)
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if measured is None:
            scheduler.step()
        else:
            scheduler.step(measured[step])
    return found


def warm_cosine(optimizer):
    warm = schedulers.LinearLR(optimizer, start_factor=1 / 5, total_iters=4)
    fall = schedulers.CosineAnnealingLR(optimizer, T_max=15, eta_min=0.01)
    return schedulers.SequentialLR(optimizer, [warm, fall], milestones=[5])


measured = [1.0, 0.9, 0.95, 0.91, 0.8999999, 0.93, 0.85, 0.84999, 0.86, 0.87, 0.88, 0.5, 0.6, 0.6, 0.6, 0.6]
schedules = {
    "step:3:0.5": rates(lambda o: schedulers.StepLR(o, 3, 0.5), 12),
    "exponential:0.9": rates(lambda o: schedulers.ExponentialLR(o, 0.9), 12),
    "cosine": rates(lambda o: schedulers.CosineAnnealingLR(o, 20), 20),
    "cosine:5:0.1": rates(warm_cosine, 20),
    "plateau:0.5:2": rates(
        lambda o: schedulers.ReduceLROnPlateau(o, factor=0.5, patience=2), len(measured), measured),
    "one-cycle": rates(
        lambda o: schedulers.OneCycleLR(o, max_lr=0.1, total_steps=20, cycle_momentum=False), 20),
}

logits = torch.randn(6, 5)
targets = torch.tensor([0, 4, -100, 2, 2, -100])
logits.requires_grad_()
loss = torch.nn.functional.cross_entropy(logits, targets, label_smoothing=0.2)
loss.backward()
smoothing = {
    "logits": logits.detach().flatten().tolist(),
    "targets": [max(-1, t) for t in targets.tolist()],
    "loss": loss.item(),
    "gradient": logits.grad.flatten().tolist(),
}

weights = torch.randn(6, 4)
model = torch.nn.Linear(4, 1, bias=False)
mean = AveragedModel(model)
running = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.8))
averages = {"weights": weights.flatten().tolist(), "swa": [], "ema": []}
for row in weights:
    model.weight.data[0] = row
    mean.update_parameters(model)
    running.update_parameters(model)
    averages["swa"].append(mean.module.weight.data[0].tolist())
    averages["ema"].append(running.module.weight.data[0].tolist())

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "training.json")
with open(path, "w") as file:
    json.dump(
        {"schedules": schedules, "measured": measured, "smoothing": smoothing, "averages": averages},
        file)
    file.write("\n")
