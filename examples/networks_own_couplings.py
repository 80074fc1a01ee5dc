"""Which units of your network vary together? Predicted from its couplings alone, and compared with a record if you have one.

python examples/networks_own_couplings.py [couplings.npy] [--activity rates.npy] [--noise 1] [--dynamics discrete]

couplings: a square matrix, row i the inputs of unit i, as .npy, .npz (an array or a SciPy sparse matrix) or .csv.
activity: recorded activity (times, units) in one of these formats, with --interval between two rows (1 by default).
Without a file, a synthetic network of 60 units and its record are written to a temporary folder.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from phasebook import networks


def main() -> None:
    parser = argparse.ArgumentParser(description="Predict the covariances of a network from its couplings.")
    parser.add_argument("couplings", nargs="?", type=Path, help="square matrix (.npy, .npz or .csv)")
    parser.add_argument("--activity", type=Path, help="recorded activity (times, units)")
    parser.add_argument("--interval", type=float, default=1.0, help="time between two rows of the record")
    parser.add_argument("--noise", type=float, default=1.0, help="intensity of white noise that drives each unit")
    parser.add_argument("--nonlinearity", choices=["erf", "tanh", "linear"], default="tanh")
    parser.add_argument(
        "--dynamics", choices=["continuous", "discrete"], default="continuous", help="time of the model"
    )
    options = parser.parse_args()
    try:
        if options.couplings is None:
            with tempfile.TemporaryDirectory() as folder:
                couplings, activity = write_synthetic_network(Path(folder))
                report(couplings, 1.0, "tanh", "discrete")
                compare(couplings, activity, options.interval)
        else:
            report(options.couplings, options.noise, options.nonlinearity, options.dynamics)
            if options.activity is not None:
                compare(options.couplings, options.activity, options.interval)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def write_synthetic_network(folder: Path) -> tuple[Path, Path]:
    """A random network's couplings and record, as files like a user's."""
    couplings, activity = networks.stand_in_record()
    np.save(folder / "couplings.npy", couplings)
    np.save(folder / "activity.npy", activity)
    print("no file given: 60 tanh units with random couplings of gain 1.5, noise 1, in discrete time\n")
    return folder / "couplings.npy", folder / "activity.npy"


def report(path: Path, noise: float, nonlinearity: str, dynamics: str) -> None:
    """Print what theory says of the couplings."""
    couplings = networks.read_coupling(path)
    field = networks.mean_field_of(couplings, noise, nonlinearity, 1.0 if dynamics == "discrete" else 0.0)
    print(f"units                 {len(couplings)}")
    print(f"gain                  {field.network.gain:.3f}")
    print(f"state                 {field.outcome.value}")
    print(f"effective gain        {field.effective_gain:.3f}   (below 1; near 1 a few modes dominate)")
    print(f"Lyapunov exponent     {networks.lyapunov_exponent(field):.3f}   (positive: chaos)")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", networks.NearSingularWarning)
        found = networks.predict_covariance(couplings, field)
    for warning in caught:
        print(f"warning               {warning.message}")
    covariance = found.equal_time
    values = np.linalg.eigvalsh(covariance)[::-1]
    share = np.cumsum(values) / values.sum()
    print(f"dimension of activity {values.sum() ** 2 / (values**2).sum():.1f}   of {len(couplings)}")
    print(f"90% of the variance   in {int(np.searchsorted(share, 0.9)) + 1} principal components")
    strength = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    above = np.triu(strength, 1)
    first, second = np.unravel_index(np.argmax(np.abs(above)), above.shape)
    print(f"most correlated pair  units {first} and {second}, correlation {above[first, second]:.3f}")


def compare(couplings: Path, activity: Path, interval: float) -> None:
    """Print how a record agrees with what its couplings predict."""
    found = networks.recorded_agreement(networks.read_coupling(couplings), networks.read_activity(activity), interval)
    print("\nrecord against its linear equivalent, off-diagonal covariances:")
    print(
        f"correlation           {found.correlation.value:.3f} ± {found.correlation.stderr:.3f}   (sampling noise removed)"
    )
    print(f"slope                 {found.slope.value:.3f} ± {found.slope.stderr:.3f}")
    print(
        "use the equivalent"
        if found.correlation.value > 0.95 and abs(found.slope.value - 1) < 0.2
        else "do not trust it"
    )


if __name__ == "__main__":
    main()
