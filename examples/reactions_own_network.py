"""Which theory can you trust on your own reaction network? Closures and linear noise beside the exact answer.

python examples/reactions_own_network.py [network.xml|network.net|network.txt] [--time 10] [--tolerance 0.05]

network: SBML (.xml), BioNetGen (.net) or text (.txt), such as the lines

    species X = 10
    0 -> X, 5
    2X -> 0, 0.1

Without a file, a small network of a protein that forms pairs is written to a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from phasebook import PhasebookError, reactions

TEXT = """
species protein = 0
species pair = 0
synthesis: 0 -> protein, 10
binding: 2protein <-> pair, 0.05, 0.5
degradation: protein -> 0, 0.2
export: pair -> 0, 0.5
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Say which theory can be trusted on a reaction network.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a network (.xml, .net or .txt)")
    parser.add_argument("--time", type=float, default=10.0, help="until when, in the time unit of the rates")
    parser.add_argument("--closure", default="normal", choices=reactions.CLOSURES, help="of the moment equations")
    parser.add_argument("--trajectories", type=int, default=2000, help="where simulation is the exact answer")
    parser.add_argument("--tolerance", type=float, default=0.05, help="the relative error that you can live with")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = options.file or write_network(Path(folder) / "network.txt")
            report = reactions.trust_report(
                reactions.read_network(file),
                options.time,
                closure=options.closure,
                trajectories=options.trajectories,
                tolerance=options.tolerance,
            )
    except (OSError, ValueError, PhasebookError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    print(report.text())


def write_network(path: Path) -> Path:
    """A protein that is made, forms pairs, and is lost."""
    path.write_text(TEXT, encoding="utf-8")
    print("no file given: a protein that forms pairs\n")
    return path


if __name__ == "__main__":
    main()
