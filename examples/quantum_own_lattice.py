"""Your own lattice of spins 1/2: ground energy, gap and thermal energy from a list of bonds.

python examples/quantum_own_lattice.py [bonds.csv] [--temperatures 0.2 0.5 1] [--sweeps 8000]

bonds: first,second,coupling[,anisotropy]   (sites from 0; H = sum of J (SxSx + SySy + D SzSz); J > 0 is antiferromagnetic)
Without a file, a kagome strip of eleven sites with frustrated triangles is written to a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from phasebook import quantum

TRIANGLES = ((0, 1, 2), (2, 3, 4), (4, 5, 6), (6, 7, 8), (8, 9, 10))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Solve your own lattice of spins 1/2 exactly, and check it another way."
    )
    parser.add_argument("bonds", nargs="?", type=Path, help="bonds as .csv: first, second, coupling[, anisotropy]")
    parser.add_argument(
        "--temperatures", type=float, nargs="+", default=[0.2, 0.5, 1.0], help="in units of the coupling"
    )
    parser.add_argument("--sweeps", type=int, default=8000, help="Monte Carlo sweeps, where there is no sign problem")
    options = parser.parse_args()
    try:
        if options.bonds is not None:
            solve(options.bonds, options.temperatures, options.sweeps)
        else:
            with tempfile.TemporaryDirectory() as folder:
                solve(write_triangles(Path(folder)), options.temperatures, options.sweeps)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def write_triangles(folder: Path) -> Path:
    """A row of triangles that share corners, as a file like a user's."""
    rows = [f"{a},{b},1" for corner in TRIANGLES for a, b in zip(corner, (*corner[1:], corner[0]), strict=True)]
    path = folder / "bonds.csv"
    path.write_text("first,second,coupling\n" + "\n".join(rows) + "\n")
    print("no file given: five triangles in a row that share corners\n")
    return path


def solve(path: Path, temperatures: list[float], sweeps: int) -> None:
    """Print the low states, and the thermal energy by two roads."""
    lattice = quantum.read_spin_lattice(path)
    low = quantum.low_states(lattice, 6)
    print(f"{lattice.sites} sites, {len(lattice.bonds)} bonds")
    print(f"ground energy      {low.energies[0]:.10f}   ({low.energies[0] / lattice.sites:.6f} per site)")
    print(f"degeneracy         {low.degeneracy}{' or more' if low.degeneracy == low.energies.size else ''}")
    if low.degeneracy < low.energies.size:
        print(f"gap                {low.gap:.10f}")
    reason = quantum.sign_problem(lattice)
    print(f"simulation         {'typical states: ' + reason if reason else 'stochastic series expansion'}")
    spectrum = quantum.full_spectrum(lattice) if lattice.sites <= 12 else None
    for place, temperature in enumerate(temperatures):
        if reason:
            measured = quantum.typical_energy(lattice, temperature, seed=place)
        else:
            measured = quantum.series_expansion(lattice, temperature, sweeps=sweeps, seed=place).energy
        exact = f"exact {quantum.thermal_values(spectrum, temperature).energy:.6f}, " if spectrum else ""
        print(f"energy at T = {temperature:<5g}{exact}simulated {measured.value:.4f} ± {measured.stderr:.4f}")


if __name__ == "__main__":
    main()
