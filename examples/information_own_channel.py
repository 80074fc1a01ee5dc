"""What does your current-voltage curve say of the channel? Fitted site energies, and the combinations that it leaves open.

python examples/information_own_channel.py [FILE] [--sites 3] [--left 0.14] [--right 0.005] [--attempt-rate 1e8] [--record]

FILE: .csv with columns voltage_mV, current_pA and, where known, error_pA; or, with --record, columns state (0s and 1s of the sites,
left first) and dwell in seconds. Without a file, the curve of a hidden channel with errors of 2% stands in.
"""

import argparse
import sys
from pathlib import Path

from phasebook import information


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit an ion channel to a curve or a record.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="curve or record (.csv)")
    parser.add_argument("--sites", type=int, default=3, help="sites of the channel, at most 6")
    parser.add_argument("--left", type=float, default=0.14, help="activity of the left bath, M")
    parser.add_argument("--right", type=float, default=0.005, help="activity of the right bath, M")
    parser.add_argument("--attempt-rate", type=float, default=1e8, help="attempt rate, 1/s")
    parser.add_argument("--record", action="store_true", help="the file holds a record of states")
    options = parser.parse_args()
    try:
        record = information.read_state_record(options.file) if options.record and options.file else None
        sites = record.sites if record else options.sites
        template = information.IonChannel(
            (0.0,) * sites, 1.0, options.left, options.right, 0.0, 3.0, options.attempt_rate
        )
        if record:
            found = information.fitted_record(record, template)[1]
        else:
            if options.file is None:
                print("no file given: the curve of a hidden channel\n")
            curve = (
                information.generated_curve(template, 1)
                if options.file is None
                else information.read_current_curve(options.file)
            )
            found = information.fitted_curve(curve, template, seed=1)[1]
        report(found)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def report(found: information.FittedChannel) -> None:
    """Print energies with errors, and what the data do not determine."""
    names = [f"site {j}" for j in range(1, found.channel.sites + 1)] + ["repulsion"]
    for name, value, error in zip(names, found.parameters, found.errors, strict=True):
        print(f"{name:<12}{value:8.3f} ± {error:.2g} kT")
    print(f"\nreduced χ²  {found.reduced_chi_squared:.2f}")
    for direction in found.unknown:
        print("not known   " + " ".join(f"{share:+.2f} {name}" for share, name in zip(direction, names, strict=True)))
    here = information.transport(found.channel)
    print(f"at 0 mV     {here.current:.3g} charges/s, Fano factor {here.fano_factor:.3g}")


if __name__ == "__main__":
    main()
