"""Which way do your oscillators grow apart? Width, exponent, skewness and slips of a measured ring, and the class they point to.

python examples/networks_own_phases.py [FILE] [--noise-type time|columnar] [--signals] [--flat] [--arcs 16]

FILE: phases, times × oscillators in the ring's order, wrapped or not: .npz (`phases`, `times`), .csv (columns time, phase_0, ...)
or .nc. With --signals the file holds oscillating signals (voltages, say), whose phases come from the Hilbert transform. Without a
file, a simulated ring stands in.
"""

import argparse
import sys
from pathlib import Path

from phasebook import networks


def main() -> None:
    parser = argparse.ArgumentParser(description="Find the growth class of a ring's phases.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="phases or signals (.npz, .csv, .nc)")
    parser.add_argument("--noise-type", choices=("time", "columnar"), default="time", help="noise in time, or frozen")
    parser.add_argument("--signals", action="store_true", help="the file holds signals, not phases")
    parser.add_argument(
        "--flat", action="store_true", help="phases were equal at time zero: don't subtract the first sample"
    )
    parser.add_argument("--arcs", type=int, default=16, help="arcs of the ring that give the errors")
    options = parser.parse_args()
    try:
        if options.file is None:
            print("no file given: a simulated ring of 16,384 oscillators, coupling sin(u + 1.2), noise 0.15\n")
            record = networks.synthetic_phases(seed=1)
        else:
            record = networks.read_phases(options.file)
            if options.signals:
                record = networks.PhaseRecord(
                    record.times, networks.phases_of_signals(record.phases), was_wrapped=False
                )
        classify(record if options.flat else record.from_start(), options.noise_type, options.arcs)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def classify(record: networks.PhaseRecord, noise_type: str, arcs: int) -> None:
    """Print what was measured, and the regime with its evidence."""
    later = record.times > 0
    history = networks.history_of_phases(record.times[later], record.phases[later], arcs=arcs)
    skewness, skewness_error = history.skewness()
    width = history.width_squared.mean(axis=0)
    print(
        f"oscillators        {record.phases.shape[1]} at {len(history.times)} times, "
        f"{'wrapped' if record.was_wrapped else 'unwrapped'} in the file"
    )
    print("time        width²      skewness          slips per bond")
    for k in range(0, len(history.times), max(1, len(history.times) // 12)):
        print(
            f"{history.times[k]:<11.4g} {width[k]:<11.4g} {skewness[k]:6.2f} ± {skewness_error[k]:<8.2g} "
            f"{history.slips_per_bond[k]:.3g}"
        )
    found = networks.regime(history, "columnar" if noise_type == "columnar" else "time")
    print(f"\ngrowth exponent    {found.growth_exponent}   (times {found.window[0]:.3g} to {found.window[1]:.3g})")
    print(f"skewness           {found.skewness}")
    print(f"frequency spread   {found.frequency_spread:.3g} rad per unit of time")
    print(f"regime             {found}")


if __name__ == "__main__":
    main()
