"""The residual network of points in PyTorch behind a pipe: sampled by diffusers' scheduler with a recording loop, or trained.

A run for each line on the input, answered by its seconds and, of samples, their mean trajectory variance. Imports nothing of
Phasebook; one thread.
"""

import json
import math
import sys
import time


def main():
    """Answer the job on the first line, then each further line."""
    job = json.loads(sys.stdin.readline())
    try:
        import torch
        from diffusers import DDPMScheduler
    except ImportError as error:
        return _say(absent=f"torch or diffusers: {error}")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = _network(torch, job["dimension"], job["width"])
    scheduler = DDPMScheduler(1000, beta_start=0.001, beta_end=0.2, variance_type="fixed_large", clip_sample=False)
    run = _sampler if job["task"] == "sample" else _trainer
    step = run(torch, network, scheduler, job)
    _say(ready=0.0)
    for _ in sys.stdin:
        begin = time.perf_counter()
        value = step()
        _say(seconds=time.perf_counter() - begin, value=value)


def _sampler(torch, network, scheduler, job):
    scheduler.set_timesteps(1000)
    steps = [int(step) for step in scheduler.timesteps if int(step) <= job["start"]]

    @torch.no_grad()
    def run():
        states = torch.randn(job["samples"], job["dimension"])
        mean, squares, count = torch.zeros_like(states), torch.zeros_like(states), 0
        for step in steps:
            noise = network(states, torch.full((1,), float(step)))
            back = scheduler.step(noise, step, states)
            if step < job["window"]:
                count += 1
                difference = back.pred_original_sample - mean
                mean += difference / count
                squares += difference * (back.pred_original_sample - mean)
            states = back.prev_sample
        return float((squares / count).mean())

    return run


def _trainer(torch, network, scheduler, job):
    points = torch.randn(100_000, job["dimension"])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def run():
        total = 0.0
        for _ in range(job["steps"]):
            chosen = points[torch.randint(len(points), (job["batch"],))]
            steps = torch.randint(1000, (job["batch"],))
            noise = torch.randn_like(chosen)
            predicted = network(scheduler.add_noise(chosen, noise, steps), steps.float())
            loss = ((predicted - noise) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach())
        return total / job["steps"]

    return run


def _network(torch, dimension, width):
    """Three times one residual layer, as in the reference code."""
    nn = torch.nn

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
            self.embedding = nn.Linear(width, width)
            self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
            self.leaky = nn.LeakyReLU(0.02)

        def forward(self, hidden, embedded):
            inner = self.first(self.leaky(self.norms[0](hidden))) + self.embedding(embedded)
            return hidden + self.second(self.leaky(self.norms[1](inner)))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.inputs, self.step = nn.Linear(dimension, width, bias=False), nn.Linear(width, width)
            self.layer, self.norm, self.outputs = Layer(), nn.LayerNorm(width), nn.Linear(width, dimension)
            self.leaky = nn.LeakyReLU(0.02)
            scale = -math.log(10_000.0) / (width // 2 - 1)
            self.register_buffer("frequencies", torch.exp(scale * torch.arange(width // 2)))

        def forward(self, states, steps):
            angles = steps[:, None] * self.frequencies
            embedded = self.leaky(self.step(torch.cat([angles.sin(), angles.cos()], dim=1)))
            hidden = self.inputs(states)
            for _ in range(3):
                hidden = self.layer(hidden, embedded)
            return self.outputs(self.norm(hidden))

    return Network()


def _say(**what):
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
