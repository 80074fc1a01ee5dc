"""Is mean-field kinetics safe for your lattice? From your own rules, and your own label images if you have them.

python examples/reactions_own_lattice.py [rules.txt [frames.npy | frame1.png frame2.png ...]] [--time 20] [--replicas 8]

rules: lines such as `hop A, B @ 1`, `A + B -> 0 @ contact`, `B -> B + B @ 1.0`, `A + B -> A + A @ 2`, `A -> 0 @ 0.5`, and
`exchange @ 1`.
images: integer labels, 0 for an empty site and k for the k-th species; the frames are evenly spaced in time up to --time.
Without files, predators and prey are taken, and frames of a lattice of them are written to a temporary folder and read back.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from phasebook import engines, reactions


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare your lattice with mean field and with a simulation.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="rules (.txt), then label images")
    parser.add_argument("--time", type=float, default=20.0, help="time of the last frame, in units of the rates")
    parser.add_argument("--replicas", type=int, default=8, help="simulated lattices")
    options = parser.parse_args()
    try:
        if options.files:
            model = reactions.read_lattice_model(options.files[0])
            series = reactions.read_rasters(*options.files[1:]) if options.files[1:] else None
            compare(model, series, options.time, options.replicas)
        else:
            with tempfile.TemporaryDirectory() as folder:
                compare(*synthetic(Path(folder), options.time), options.time, options.replicas)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def synthetic(folder: Path, time: float) -> tuple[engines.LatticeModel, reactions.RasterSeries]:
    """Predators and prey, and frames of one lattice of them, as files like a user's."""
    print("no files given: predators and prey with predation rate 2, frames of a lattice of 100 × 100 sites\n")
    model = reactions.PredatorPrey(predation=2.0).lattice
    times = np.linspace(0.0, time, 5)
    start = {"A": 0.3, "B": 0.3}
    runs = engines.simulate_lattice(model, (100, 100), times, initial=start, seed=7, snapshots=times.tolist())
    reactions.write_lattice_model(model, folder / "rules.txt")
    reactions.write_rasters(reactions.raster_series(runs.snapshots[0]), folder / "frames.npy")
    return reactions.read_lattice_model(folder / "rules.txt"), reactions.read_rasters(folder / "frames.npy")


def compare(model: engines.LatticeModel, series: reactions.RasterSeries | None, time: float, replicas: int) -> None:
    """Print densities at the end by mean field, by simulation and in the frames, and what neighbors do to each other."""
    shape, densities = (100, 100), dict.fromkeys(model.species, 0.5 / len(model.species))
    theory = reactions.comparison_theory(model, time, densities, series)
    data = reactions.comparison_simulation(model, shape, time, densities, series, replicas=replicas, seed=0)
    print(f"{len(model.species)} species, {replicas} simulated lattices to time {time:g}")
    print(f"{'':10s} {'mean field':>12s} {'lattice':>20s} {'your frames':>14s} {'neighbors':>12s} {'in frames':>12s}")
    safe = True
    for place, name in enumerate(model.species):
        expected = float(theory.density_theory[-1, place])
        found, error = (float(data[f"density_{road}"][-1, place]) for road in ("simulation", "stderr"))
        frames = f"{float(data.density_data[-1, place]):.4f}" if "density_data" in data else "-"
        near = float(data.correlation_simulation[0, place])
        seen = f"{float(data.correlation_data[0, place]):+.4f}" if "correlation_data" in data else "-"
        print(f"{name:10s} {expected:12.4f} {found:12.4f} ± {error:.4f} {frames:>13s} {near:+12.4f} {seen:>12s}")
        safe &= abs(found - expected) <= 0.05 * max(found, expected) + 3 * error
    print("\nneighbors: connected correlation of two sites at distance 1; mean field takes it as 0")
    if safe:
        print("mean field is within 5% for every species: it is safe here")
    else:
        print("mean field is off by more than 5%: simulate the lattice, or measure correlations")


if __name__ == "__main__":
    main()
