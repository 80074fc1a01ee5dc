"""PyTorch's triple automatic differentiation, and POT's network simplex, in a process of their own (see `benchmarks.peers`).

Runs in the interpreter that has them; imports nothing of Phasebook.
"""

import json
import sys
import time


def main() -> None:
    """Answer the job on the first line, then run once for each further line."""
    job = json.loads(sys.stdin.readline())
    begin = time.perf_counter()
    try:
        run = penalized_step(job) if job["task"] == "step" else transport(job)
    except ImportError as error:
        say({"absent": f"{error.name} is not installed"})
        return
    say({"ready": time.perf_counter() - begin})
    for _ in sys.stdin:
        begin = time.perf_counter()
        value = run()
        say({"seconds": time.perf_counter() - begin, "value": value})


def penalized_step(job):
    """Steps of Adam on the denoising loss plus the squared residual, written as one writes it with autograd."""
    import torch

    torch.manual_seed(0)
    width, layers = job["width"], [torch.nn.Linear(3, job["width"]), torch.nn.Tanh()]
    for _ in range(job["depth"] - 1):
        layers += [torch.nn.Linear(width, width), torch.nn.Tanh()]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    data = torch.randn(10_000, 2)

    def score(x, t):
        potential = network(torch.cat([x / 2, 2 * t / 10 - 1], dim=1)) - (x**2).sum(1, keepdim=True)
        return potential, torch.autograd.grad(potential.sum(), x, create_graph=True)[0]

    def step():
        x0 = data[torch.randint(0, len(data), (job["batch"],))]
        t = 10 * (1 - torch.rand(job["batch"], 1).sqrt()) + 1e-5
        variance = (1 - torch.exp(-2 * t)) / 2
        noise = torch.randn_like(x0)
        x = (torch.exp(-t) * x0 + variance.sqrt() * noise).requires_grad_()
        _, s = score(x, t)
        loss = ((s + noise / variance.sqrt()) ** 2).sum(1).mean()
        x = ((2 * torch.rand(job["collocation"], 2) - 1) * 3.5).requires_grad_()
        t = (10 * torch.rand(job["collocation"], 1)).requires_grad_()
        potential, s = score(x, t)
        change = torch.autograd.grad(potential.sum(), t, create_graph=True)[0]
        laplacian = sum(torch.autograd.grad(s[:, i].sum(), x, create_graph=True)[0][:, i] for i in range(2))
        residual = change[:, 0] - 2 - (x * s).sum(1) - ((s**2).sum(1) + laplacian) / 2
        loss = loss + job["weight"] * (residual**2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    def run(steps=job["steps"]):
        for _ in range(steps):
            loss = step()
        return float(loss.detach())

    def seconds(threads):
        torch.set_num_threads(threads)
        run(2)
        begin = time.perf_counter()
        run(5)
        return time.perf_counter() - begin

    # Small products are often faster on one thread: PyTorch gets the better of one and all.
    torch.set_num_threads(min((1, job["threads"]), key=seconds))
    return run


def transport(job):
    """Squared distance of two histograms by POT's exact solver, with empty cells left out."""
    import numpy as np
    import ot

    first, second, a, b = (np.array(job[name]) for name in ("first", "second", "a", "b"))

    def run():
        return float(ot.emd2(a / a.sum(), b / b.sum(), ot.dist(first, second), numItermax=10_000_000))

    return run


def say(what: dict) -> None:
    """One line of JSON."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
