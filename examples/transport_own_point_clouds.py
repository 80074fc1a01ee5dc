"""From your own cloud of points to another: train an interpolant, sample it, draw it, and ask for likelihoods.

python examples/transport_own_point_clouds.py [start.npy end.npy] [--noise 0.1] [--coupling optimal] [--plot clouds.png]

Two arrays of points, a row each (.npy, .csv or .parquet). Without files, eight Gaussians are carried to two half moons.
"""

import argparse
import sys
from pathlib import Path

from phasebook import numerics, transport


def main() -> None:
    parser = argparse.ArgumentParser(description="Carry one cloud of points to another.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="start, then end")
    parser.add_argument(
        "--noise", type=float, default=0.1, help="noise of the SDE, in squares of the clouds' deviation"
    )
    parser.add_argument("--coupling", choices=("independent", "optimal", "entropic"), default="optimal")
    parser.add_argument("--steps", type=int, default=600, help="training steps")
    parser.add_argument("--plot", type=Path, help="a picture of the first two coordinates")
    options = parser.parse_args()
    if len(options.files) not in (0, 2):
        parser.error("give two files, start and end, or none")
    try:
        clouds = [transport.read_cloud(file) for file in options.files] or transport.synthetic_clouds(4000, seed=1)
        carry(*clouds, options)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def carry(start, end, options) -> None:
    """Train on the even rows of both clouds, and judge on the odd ones."""
    print(f"{len(start)} points to {len(end)} points in {start.shape[1]} dimensions, {options.coupling} coupling")
    trained = transport.fit_transport(start[::2], end[::2], coupling=options.coupling, steps=options.steps, seed=0)
    flow = trained.sample(start[1::2])
    noisy = trained.sample(start[1::2], noise=options.noise, steps=300, seed=1)
    density = trained.log_density(end[1::2][:300], transport.kernel_log_density(start[::2])).log_density
    for name, cloud in (
        ("start", start[1::2]),
        ("ODE", flow),
        (f"SDE, noise {options.noise:g}", noisy),
        ("end", end[::2]),
    ):
        print(f"{name:18s} sliced distance to the end {numerics.sliced_distance(cloud, end[1::2]):.4f}")
    print(f"{'likelihood':18s} mean log density of the end's points {density.mean():.3f}")
    if options.plot:
        draw({"start": start[1::2], "ODE": flow, "SDE": noisy, "end": end[1::2]}, options.plot)


def draw(clouds, path) -> None:
    """The first two coordinates of each cloud, side by side on one scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(clouds), 4), layout="constrained")
    for axes, (name, cloud) in zip(
        figure.subplots(1, len(clouds), sharex=True, sharey=True), clouds.items(), strict=True
    ):
        axes.plot(cloud[:, 0], cloud[:, min(1, cloud.shape[1] - 1)], ".", markersize=2)
        axes.set(title=name, aspect="equal")
    figure.savefig(path)


if __name__ == "__main__":
    main()
