"""How rough is your series? Its Hurst index by four methods, and what the best one says between your points.

python examples/sequences_own_series.py [FILE] [--noise 0.01] [--at 0.5]

FILE: .csv with columns t,value (and series, for several), or .npz with times and values. Without a file, exact motions of index 0.3
stand in. --at is a place between the first point (0) and the last (1) at which the series is interpolated; an observation there is
left out, and others are taken to have errors of --noise times the series' scale.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from phasebook import sequences


def main() -> None:
    parser = argparse.ArgumentParser(description="Estimate the Hurst index of time series.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="series (.csv, .npz)")
    parser.add_argument("--noise", type=float, default=0.01, help="error of an observation, in the series' scale")
    parser.add_argument("--at", type=float, default=0.5, help="where to interpolate, from 0 to 1")
    options = parser.parse_args()
    try:
        if options.file is None:
            print("no file given: 4 exact motions of index 0.3, 500 steps each\n")
            series = sequences.generated_series(0.3, 500, 4, seed=1)
        else:
            series = sequences.read_series(options.file)
        found = sequences.hurst_dataset(series, "data", shared=False)
        for method, value, error in zip(
            found.method.values, found.hurst_data.values, found.hurst_stderr.values, strict=True
        ):
            print(
                f"{method:<24}{value:.3f} ± {error:.2g}"
                if np.isfinite(value)
                else f"{method:<24}does not take this series"
            )
        interpolate(series[0], sequences.hurst_by_likelihood(series).value, options.noise, options.at)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def interpolate(series: sequences.Series, hurst: float, noise: float, place: float) -> None:
    """Posterior mean and standard deviation at one place of the first series, for fractional and for white noise."""
    times, values = series.relative
    if not times[0] < place < times[-1]:
        raise ValueError(f"at must lie between {times[0]:.3g} and 1; got {place:g}")
    grid = np.unique(np.append(times, place))
    seen = np.full(grid.size, np.nan)
    seen[np.isin(grid, times) & (grid != place)] = values[times != place]
    print(f"\nat {place:g} of the first series, between its points:")
    for name, index in (("this index", hurst), ("Brownian motion", 0.5)):
        chain = sequences.linear_chain(
            sequences.markov_motion(index, processes=9, maximum_speed=float(times.size), kind="I")
        )
        _best, scale = sequences.profile_likelihood(chain, times, values)
        found = sequences.posterior(chain, grid, seen / scale, noise=noise)
        here = np.searchsorted(grid, place)
        print(f"{name:<24}{scale * found.mean[here]:.4g} ± {scale * found.standard_deviation[here]:.2g}")


if __name__ == "__main__":
    main()
