"""How many examples does an associative memory need, and which interaction order? Measured on your own labeled data.

python examples/spins_own_examples.py [examples.npz | images.idx labels.idx] [--orders 2 4 10] [--examples 40] [--load 0.05]

examples.npz: X (n, spins) of 1 and -1 or grey values, y (n,) labels. Images and labels in the IDX format of MNIST work as well,
plain or gzip. Without files, handwritten digits stand in.
"""

import argparse
import sys
from pathlib import Path

from phasebook import spins


def main() -> None:
    parser = argparse.ArgumentParser(description="Teach a dense Hebbian network with your labeled examples.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="an .npz file, or IDX images and labels")
    parser.add_argument("--orders", nargs="+", type=int, default=[2, 4, 10], help="interaction orders to compare")
    parser.add_argument("--examples", type=int, help="training examples of each class (all of its half by default)")
    parser.add_argument("--load", type=float, default=0.05, help="load at which thresholds of learning are computed")
    options = parser.parse_args()
    if len(options.files) > 2:
        parser.error("give one .npz file, or images and labels, or none")
    try:
        found = read(options.files)
        report(found.X, found.y, options.orders, options.examples, options.load)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def read(files: list[Path]) -> spins.LabeledImages:
    """Examples and labels of the user's files, or the digits."""
    if not files:
        print("no files given: handwritten digits of 8 x 8 pixels\n")
        return spins.digit_images()
    found = spins.read_examples(files[0])
    return spins.LabeledImages(found.X, spins.read_labels(files[1])) if len(files) == 2 else found


def report(X, y, orders: list[int], examples: int | None, load: float) -> None:
    """Print what the examples are worth, how well networks of each order recall their class, and how many would be enough."""
    least = 0.0 if set(map(float, X.ravel()[:1000])) <= {-1.0, 1.0} else float(X.max() - X.min()) / 16
    split = spins.split_images(X, y, examples=examples, least_deviation=least, seed=0)
    training = split.training
    quality, rho = training.quality, training.rho
    print(
        f"classes            {training.classes} with {training.counts.min()} to {training.counts.max()} examples each"
    )
    print(f"spins              {training.size}")
    print(f"quality r          {quality.value:.4f} +- {quality.stderr:.4f}")
    print(f"dataset entropy    {rho.value:.4f} +- {rho.stderr:.4f}")
    print(f"\norder   recalled   (of {len(split.images)} held-out images)")
    for order in orders:
        found = spins.recognize(split, order, seed=0)
        print(f"{order:5d}   {found.accuracy:.3f}")
    print(f"nearest mean {found.nearest_mean:.3f}   (the same class means without a network)")
    print(
        f"\nindependent classes of this quality at load {load:g}, temperature 0.1: examples for an overlap of one half"
    )
    for order in (2, 3, 4):
        threshold, _ = spins.learning_threshold(order, load, 0.1)
        if threshold == 0.0:
            print(f"P = {order}   none suffice")
        else:
            needed = (1 - quality.value**2) / (threshold * quality.value**2)
            print(f"P = {order}   {max(1, round(needed))}   (dataset entropy below {threshold:.3f})")


if __name__ == "__main__":
    main()
