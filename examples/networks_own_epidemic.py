"""Will an epidemic travel or hop on your network? Its kernel, what theory says of it, and outbreaks simulated on it.

python examples/networks_own_epidemic.py [nodes.csv edges.csv] [--transmission 0.4] [--recovery 0.2] [--cases cases.csv]

nodes: id,x,y (or lon,lat)    edges: source,target (labels of nodes)    cases: x,y,t
Parquet works as well. Without files, a network of 20,000 nodes is drawn and written to a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from phasebook import networks

OUTBREAKS, FIRST_CASES = 8, 20


def main() -> None:
    parser = argparse.ArgumentParser(description="Kernel, final size, speed and patches of epidemics on your network.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="nodes, then edges (.csv or .parquet)")
    parser.add_argument("--transmission", type=float, default=1.0, help="rate along an edge")
    parser.add_argument("--recovery", type=float, default=1.0, help="rate of a node")
    parser.add_argument("--cases", type=Path, help="a list of cases with places and times")
    options = parser.parse_args()
    if len(options.files) not in (0, 2):
        parser.error("give two files, nodes and edges, or none")
    try:
        rates = networks.Rates(options.transmission, options.recovery)
        if options.files:
            report(*options.files, rates)
        else:
            with tempfile.TemporaryDirectory() as folder:
                places, edges = Path(folder) / "nodes.csv", Path(folder) / "edges.csv"
                networks.write_network(networks.example_network(), places, edges)
                print("no files given: 20,000 nodes in a box, exponential kernel of scale 0.7\n")
                report(places, edges, rates)
        if options.cases:
            report_cases(options.cases)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def report(places: Path, edges: Path, rates: networks.Rates) -> None:
    """Print what theory says and what outbreaks do."""
    network = networks.read_nodes(places).with_edges(networks.read_edges(edges))
    graph, fit = network.graph, networks.fit_kernel(network)
    law = networks.measured_degrees(graph.degrees)
    print(f"{graph.nodes} nodes, {graph.edges} edges, mean degree {law.mean:.2f}")
    print(f"transitivity       {networks.transitivity(graph):.4f}")
    print(f"kernel             {fit.name}, scale {fit.kernel.scale:.4g}")
    print(f"R0                 {networks.reproduction_number(law, rates):.3f}")
    print(f"final size         {networks.final_size(law, rates):.4f} (theory)")
    if fit.kernel.is_fat:
        print("speed              none: the tail is fat, expect hops")
    else:
        print(f"speed              {networks.wave(fit.kernel, law, rates).speed:.4g} at most (theory)")
    random = np.random.default_rng(0)
    middles = network.positions[random.integers(0, graph.nodes, OUTBREAKS)]
    starts = [networks.nearest_nodes(network, middle, min(FIRST_CASES, graph.nodes)) for middle in middles]
    runs = networks.simulate_outbreaks(graph, rates, starts, seed=0)
    large = [run for run in runs if run.attack_rate > 0.05]
    print(f"\n{len(large)} of {OUTBREAKS} simulated outbreaks grew")
    if large:
        early = [run.infected_by(run.time_of_share(0.05)) for run in large]
        patches = [networks.count_patches(network, each, fit.kernel.scale) for each in early]
        jumps = [networks.long_jump_share(network, run, fit.kernel.scale) for run in large]
        print(f"infected           {np.mean([run.attack_rate for run in large]):.4f}")
        print(f"patches at 5%      {np.mean(patches):.1f}")
        print(f"long jumps         {np.mean(jumps):.4f}")


def report_cases(path: Path) -> None:
    """Print the speed and the patches of a list of cases."""
    found = networks.measured_cases(networks.read_cases(path), None)
    speed, error = float(found.front_speed_data), float(found.front_speed_stderr)
    print(f"\ncases: front speed {speed:.4g} ± {error:.2g}, {int(found.patches_data)} patches among the earliest 5%")


if __name__ == "__main__":
    main()
