"""Does your sampler put samples where your data have none, and do its predictions give them away?

Without arguments on a synthetic sampler; else on two files of your own:

    python examples/transport_own_sampler.py data.npy trajectories.npz [--window 10] [--retention 0.96]

`data.npy` (or .csv) holds the training points (n, d). `trajectories.npz` holds `samples` (m, d) and `predictions` (steps, m, d):
what your denoiser predicted as the final sample at the last steps of sampling, in the order in which it did.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from phasebook import transport


def main() -> None:
    """Read the files, or make some, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="training points: .npy or .csv")
    parser.add_argument("trajectories", nargs="?", type=Path, help=".npz with samples and predictions")
    parser.add_argument("--window", type=int, default=10, help="last predictions whose variance is taken")
    parser.add_argument("--retention", type=float, default=0.96, help="share of the good samples to keep")
    given = parser.parse_args()
    try:
        if (given.data is None) != (given.trajectories is None):
            raise ValueError("trajectories must be given together with data")
        found = synthetic(given.window) if given.data is None else read(given.data, given.trajectories)
        report(*found, given.window, given.retention)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


def read(data: Path, trajectories: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A user's points, samples and predictions."""
    points = transport.read_points(data)
    if not trajectories.is_file():
        raise ValueError(f"trajectories names no file: {trajectories.name!r}")
    try:
        with np.load(trajectories, allow_pickle=False) as archive:
            samples, predictions = archive["samples"].astype(float), archive["predictions"].astype(float)
    except (KeyError, TypeError, ValueError, OSError):
        raise ValueError(f"{trajectories.name} must be a .npz archive with samples and predictions") from None
    if predictions.ndim < 2 or samples.shape != predictions.shape[1:] or len(samples[0]) != points.shape[1]:
        raise ValueError(
            f"samples must be (m, {points.shape[1]}) and predictions (steps, m, {points.shape[1]}); got {samples.shape} "
            f"and {predictions.shape}"
        )
    return points, samples, predictions


def synthetic(window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A sampler of one's own: here a denoiser that cannot jump between three groups."""
    groups, diffusion = transport.gaussian_line(), transport.DiscreteDiffusion.linear()
    denoiser, predictions = transport.SmoothedDenoiser(groups, diffusion, 0.15), []

    def predict(states: np.ndarray, step: int) -> np.ndarray:
        predicted = denoiser.predict(states[:, 0], step)[:, None]
        if step < window:
            predictions.append(predicted)
        return predicted

    runs = transport.sample_ancestral(predict, diffusion, (20_000, 1), seed=1)
    return groups.sample(20_000, 2), runs.samples, np.array(predictions)


def report(points: np.ndarray, samples: np.ndarray, predictions: np.ndarray, window: int, retention: float) -> None:
    """Print rate, area and removal, and the threshold to use."""
    scores = transport.trajectory_variance(predictions, window)
    hallucinated, in_support = transport.neighbor_labels(samples, points)
    rate = transport.share(int(hallucinated.sum()), len(samples))
    print(f"training points    {len(points)} of {points.shape[1]} coordinates")
    print(f"samples            {len(samples)}, {int(in_support.sum())} in support")
    print(f"hallucinated       {rate.value:.5f}   (95%: {rate.low:.5f} to {rate.high:.5f})")
    area = transport.area_under_curve(scores, hallucinated, in_support)
    if not np.isfinite(area.value):
        print("area under curve   none: too few of either kind")
        return
    print(f"area under curve   {area.value:.3f} ± {area.stderr:.3f}")
    filtered = transport.removal(scores, hallucinated, in_support, retention)
    print(
        f"removed            {filtered.removed.value:.3f}   (95%: {filtered.removed.low:.3f} to {filtered.removed.high:.3f}) at "
        f"{retention:.0%} kept"
    )
    print(f"keep a sample whose variance over the last {window} predictions is at most {filtered.threshold:.3g}")


if __name__ == "__main__":
    main()
