"""Do the correlations of your own chain cluster, and at which rate? Classical and free cumulants of ordered observables.

python examples/quantum_own_chain.py [FILE] [--beta 0.3] [--observables ZXZZ] [--time 0] [--density state.npy]

FILE: a Hamiltonian, .csv with columns coefficient,string (-1.0,ZZI or -1.0,Z0 Z1) or a sparse matrix .npz; or samples of
observables that commute, .npy or .csv with --samples: rows measured together. Without a file, eight spins in a tilted field stand
in.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from phasebook import quantum


def main() -> None:
    parser = argparse.ArgumentParser(description="Cumulants of a chain with one observable moved away.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="Hamiltonian (.csv, .npz), or samples")
    parser.add_argument("--beta", type=float, default=0.3, help="inverse temperature of the Gibbs state")
    parser.add_argument(
        "--observables", default="ZXZZ", help="2 to 4 Pauli matrices; the second of two, or the third, moves"
    )
    parser.add_argument("--time", type=float, default=0.0, help="time by which it is moved")
    parser.add_argument("--density", type=Path, help="a density matrix .npy in place of the Gibbs state")
    parser.add_argument("--samples", action="store_true", help="the file holds samples of commuting observables")
    options = parser.parse_args()
    try:
        if options.samples:
            report_samples(quantum.example_samples(1) if options.file is None else quantum.read_samples(options.file))
            return
        if options.file is None:
            print("no file given: eight spins in a tilted field\n")
        own = quantum.example_hamiltonian() if options.file is None else quantum.read_hamiltonian(options.file)
        density = None if options.density is None else quantum.read_density(options.density)
        state = quantum.thermal_state(own, options.beta) if density is None else quantum.state_of_density(density, own)
        report(state, options.observables, options.time)
    except (OSError, ValueError, IndexError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def report(state: quantum.SpinState, letters: str, time: float) -> None:
    """Print both cumulants at each distance, the rates, and what they say."""
    if not 2 <= len(letters) <= 4:
        raise ValueError(f"observables must be 2 to 4 letters; got {letters!r}")
    moved, distances = min(2, len(letters) - 1), list(range(1, state.sites))
    pair = letters[0] + letters[moved]

    def decay(kind: str, row: str, place: int) -> np.ndarray:
        return quantum.cumulant_decay(
            state.moment, lambda x: quantum.moved_product(row, place, x, time=time), distances, kind
        )

    two, classical, free = (
        decay("classical", pair, 1),
        decay("classical", letters, moved),
        decay("free", letters, moved),
    )
    print(f"distance   |c_2| of {pair}     |c_{len(letters)}| of {letters:<6}  |κ_{len(letters)}| of {letters}")
    for x, *values in zip(distances, two, classical, free, strict=True):
        print(f"{x:8d}   " + "   ".join(f"{abs(value):14.6e}" for value in values))
    compared = quantum.same_rate(distances, two, classical)
    print(f"\nrate of c_2      {quantum.fit_rate(distances, two).ratio:.4f} from one distance to the next")
    print(f"rate of c_{len(letters)}      {quantum.fit_rate(distances, classical).ratio:.4f}")
    print(f"verdict          {compared.verdict}: ratios differ by up to {abs(compared.largest):.2g}")


def report_samples(samples: np.ndarray) -> None:
    """Print k-statistics with bootstrap errors."""
    print(f"samples          {samples.shape[0]} of {samples.shape[1]} observables")
    for x in range(1, samples.shape[1] - 1):
        columns = samples[:, [0, 1, 1 + x]]
        pair = quantum.measured_cumulant("classical", columns[:, [0, 2]], seed=x)
        triple = quantum.measured_cumulant("classical", columns, seed=x)
        print(
            f"distance {x:3d}     c_2 {pair.value:+.5f} ± {pair.stderr:.5f}   c_3 {triple.value:+.5f} ± {triple.stderr:.5f}"
        )


if __name__ == "__main__":
    main()
