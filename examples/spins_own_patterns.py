"""How many of your own patterns does a dense Hebbian memory hold, and at which interaction order?

python examples/spins_own_patterns.py [patterns.npy] [--temperature 0.1] [--orders 2,3,4]

patterns.npy: a row for each pattern, entries 1 and -1. Without a file, random patterns are written to a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from phasebook import spins


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Store your patterns in networks of several orders: theory beside Monte Carlo."
    )
    parser.add_argument("patterns", nargs="?", type=Path, metavar="FILE", help="your patterns (.npy, rows of 1 and -1)")
    parser.add_argument(
        "--temperature", type=float, default=0.1, help="temperature; a recalled pattern has energy -1/2"
    )
    parser.add_argument("--orders", default="2,3,4", help="interaction orders, separated by commas")
    options = parser.parse_args()
    try:
        orders = [int(order) for order in options.orders.split(",")]
        if options.patterns is not None:
            compare(options.patterns, options.temperature, orders)
        else:
            with tempfile.TemporaryDirectory() as folder:
                compare(write_random_patterns(Path(folder)), options.temperature, orders)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def write_random_patterns(folder: Path) -> Path:
    """Random patterns, as a file like a user's: more than a Hopfield network of that size holds."""
    patterns = spins.random_memory(2, 120, 30, seed=1).patterns.T
    spins.write_patterns(patterns, folder / "patterns.npy")
    print("no file given: 30 random patterns of 120 spins\n")
    return folder / "patterns.npy"


def compare(path: Path, temperature: float, orders: list[int]) -> None:
    """Print what each order's theory says at the patterns' load, and what runs that start in a pattern end with."""
    patterns = spins.read_patterns(path)
    count, size = patterns.shape
    alike, verdict = spins.pattern_correlation(patterns.T)
    print(f"{count} patterns of {size} spins, temperature {temperature:g}")
    print(f"mean squared overlap of two patterns, times {size}: {alike:.3f}; theory applies: {verdict}\n")
    print(" P     load   capacity   overlap, theory   overlap, simulation")
    for order in orders:
        memory = spins.HebbianMemory(order, patterns.T)
        state = spins.replica_symmetric(memory.network, temperature)
        edge = spins.retrieval_spinodal(order, temperature)
        largest = 0.0 if edge is None else edge.network.load
        runs = spins.recalled_memory(memory, temperature, 8, 60, seed=1)
        recalled = float(runs.overlap_simulation.mean())
        print(f"{order:2d} {memory.network.load:8.4f} {largest:10.4f} {state.overlap:17.4f} {recalled:21.4f}")


if __name__ == "__main__":
    main()
