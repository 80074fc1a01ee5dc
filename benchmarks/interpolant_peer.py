"""torchcfm behind a pipe: for each line on the input one training and one sampling, answered by their seconds.

Run by the interpreter that has it installed (`pip install torch torchcfm`); imports nothing of Phasebook. One thread.
"""

import json
import sys
import time


def main():
    """Answer the job on the first line, then each further line."""
    job = json.loads(sys.stdin.readline())
    try:
        import torch
        from torchcfm.conditional_flow_matching import ConditionalFlowMatcher
        from torchcfm.models.models import MLP
    except ImportError as error:
        return say(absent=f"torchcfm: {error}")
    torch.set_num_threads(1)
    start, end = (torch.tensor(job[name], dtype=torch.float32) for name in ("start", "end"))
    matcher = ConditionalFlowMatcher(sigma=0.0)

    def train(steps):
        torch.manual_seed(0)
        model = MLP(dim=2, time_varying=True, w=job["width"])
        optimizer = torch.optim.Adam(model.parameters(), job["rate"])
        for _ in range(steps):
            optimizer.zero_grad()
            first, second = (cloud[torch.randint(0, len(cloud), (job["batch"],))] for cloud in (start, end))
            t, x, rate = matcher.sample_location_and_conditional_flow(first, second)
            torch.mean((model(torch.cat([x, t[:, None]], dim=-1)) - rate) ** 2).backward()
            optimizer.step()
        return model

    @torch.no_grad()
    def sample(model):
        x, step = start, 1.0 / job["steps"]

        def field(t, points):
            return model(torch.cat([points, torch.full((len(points), 1), t)], dim=-1))

        for index in range(job["steps"]):
            t = index * step
            one = field(t, x)
            two = field(t + step / 2, x + step / 2 * one)
            three = field(t + step / 2, x + step / 2 * two)
            x = x + step / 6 * (one + 2 * two + 2 * three + field(t + step, x + step * three))
        return x

    begin = time.perf_counter()
    sample(train(10))
    say(ready=time.perf_counter() - begin)
    for _ in sys.stdin:
        begin = time.perf_counter()
        model = train(job["training"])
        middle = time.perf_counter()
        points = sample(model)
        say(train=middle - begin, sample=time.perf_counter() - middle, points=points.tolist())
    return None


def say(**what):
    """One line of JSON."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
