"""How wrong do the means of your mixture get if the assumed noise level is wrong? Measured on your own samples.

python examples/inference_own_mixture.py [samples.csv] [--components 3] [--sigma 1.0]

samples: one row per sample (.csv with or without a header, .npy, .parquet; stacks of images as .npy or .mrc). Without --sigma
the true noise level is estimated from the directions that the means do not span, which needs as many dimensions as components.
Without a file, a small synthetic one is written to a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from phasebook import PhasebookError, inference

RATIOS = (0.5, 0.8, 1.0, 1.2, 1.5)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the means of a mixture with right and wrong noise levels.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="samples (.csv, .npy, .parquet or .mrc)")
    parser.add_argument("--components", type=int, default=3, help="how many means to fit")
    parser.add_argument("--sigma", type=float, help="the true noise level, where it is known")
    options = parser.parse_args()
    try:
        if options.file is not None:
            report(options.file, options.components, options.sigma)
        else:
            with tempfile.TemporaryDirectory() as folder:
                report(write_synthetic_samples(Path(folder) / "samples.csv"), options.components, options.sigma)
    except (OSError, ValueError, PhasebookError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def write_synthetic_samples(path: Path) -> Path:
    """20,000 samples around a triangle in four dimensions, with noise of level 1 and a signal-to-noise ratio of 1."""
    mixture = inference.GaussianMixture(inference.regular_means(3, 4))
    inference.write_points(mixture.sample(20_000, seed=1)[0], path)
    print("no file given: synthetic samples of 3 components in 4 dimensions, sigma 1, signal-to-noise ratio 1\n")
    return path


def report(path: Path, components: int, sigma: float | None) -> None:
    """Print the error per assumed noise level, by theory and by refits, what k-means would do, and where the means collapse."""
    points = inference.read_points(path)
    known = "given" if sigma is not None else "estimated"
    if sigma is None:
        sigma = inference.estimate_noise_scale(points, components)
    right = inference.fit(points, 1.0, components, sigma=sigma)
    if right.collapsed:
        raise ValueError(f"the samples show no {components} means at sigma={sigma:g}: all fall onto their center")
    # The fit at the right level is unbiased: it stands for the truth, and theory says what a wrong level makes of it.
    mixture = inference.GaussianMixture(right.means, sigma, right.weights)
    print(f"samples                  {len(points)} in {points.shape[1]} dimensions, {components} components")
    print(f"noise level sigma        {sigma:.4f} ({known})")
    print(f"signal-to-noise ratio    {mixture.signal_to_noise():.4f}\n")
    print("assumed / true level   relative squared error of the means")
    print("                       theory    your samples")
    for ratio in RATIOS:
        theory = inference.population_fit(mixture, ratio)
        refit = inference.fit(points, ratio, components, sigma=sigma, start=right.means, truth=mixture)
        collapsed = "   all means collapsed" if theory.collapsed else ""
        print(
            f"{ratio:20.2f}   {theory.normalized_squared_error:.4f}    {refit.normalized_squared_error:.4f}{collapsed}"
        )
    hard = inference.population_hard_fit(mixture)
    lloyd = inference.fit(points, components=components, hard=True, start=right.means, truth=mixture)
    print(f"{'0 (k-means)':>20s}   {hard.normalized_squared_error:.4f}    {lloyd.normalized_squared_error:.4f}\n")
    verdict = "k-means would hurt" if hard.normalized_squared_error > 0.01 else "k-means would do no harm"
    print(f"{verdict}: it changes the size of the means by a factor of {hard.size / right.size:.3f}")
    accuracy = inference.label_accuracy(mixture)
    hard_accuracy = inference.label_accuracy(mixture, hard.means, ratio=0)
    print(f"labels found             {accuracy:.4f} by Bayes' rule, {hard_accuracy:.4f} by k-means")
    threshold = inference.collapse_ratio(mixture)
    print(f"means collapse from      {threshold:.4f} times sigma on, at an assumed level of {threshold * sigma:.4f}")


if __name__ == "__main__":
    main()
