"""Train a closed-form cell on your irregular sequences, and see what the times in them are worth.

python examples/sequences_own_events.py [FILE] [--variant default] [--epochs 12] [--weights FILE.safetensors]

FILE: .csv with columns id,time,features.. and label, or .npz with x, t or dt, mask and y. Without a file, oscillators of three
frequencies, seen at random times, stand in. The same cell is trained again with every elapsed time set to 1.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from phasebook import sequences


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a closed-form cell on irregular sequences.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="sequences (.csv, .npz)")
    parser.add_argument("--variant", default="default", help="default, no-gate, minimal, mixed, wired, ltc, lstm")
    parser.add_argument("--units", type=int, default=32, help="units of the cell")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of training")
    parser.add_argument("--weights", type=Path, help="where to write the trained weights (.safetensors)")
    options = parser.parse_args()
    try:
        if options.file is None:
            print("no file given: 600 oscillators of three frequencies, seen at random times\n")
            data = sequences.tuned_sequences(600, seed=1)
        else:
            data = sequences.read_sequences(options.file)
        recipe = sequences.Recipe(
            options.variant, options.units, activation="silu", batch=16, epochs=options.epochs, learning_rate=0.01
        )
        describe(data)
        estimator = report(data, recipe, "with elapsed times")
        gaps = np.where(data.sequences.mask, 1.0, 0.0)
        blind = sequences.IrregularSequences(data.sequences.inputs, gaps, data.sequences.mask)
        report(sequences.LabeledSequences(blind, data.labels, data.features, data.names), recipe, "without them")
        if options.weights is not None:
            estimator.save(options.weights)
            print(f"weights are in {options.weights}")
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def describe(data: sequences.LabeledSequences) -> None:
    """Sizes of the data."""
    found = data.sequences
    print(f"sequences               {len(found)} of up to {found.mask.sum(axis=1).max()} steps")
    print(f"features                {', '.join(data.features)}")
    gaps = found.elapsed[found.mask & (found.elapsed > 0)]
    if gaps.size:
        print(f"elapsed times           {gaps.min():.3g} to {gaps.max():.3g}, median {np.median(gaps):.3g}")


def report(data: sequences.LabeledSequences, recipe: sequences.Recipe, name: str) -> sequences.SequenceEstimator:
    """Train, and print the score on the fifth of the sequences that was held out."""
    estimator = sequences.fitted_estimator(data, recipe, seed=0)
    scores = estimator.trained_.scores
    if isinstance(estimator, sequences.SequenceClassifier):
        print(
            f"accuracy, {name:<19}{scores.max():.3f} (best of {scores.size} epochs, on {len(estimator.held_out_rows_)} held out)"
        )
    else:
        print(f"unexplained, {name:<19}{scores.min():.3f} of the variance (best of {scores.size} epochs)")
    return estimator


if __name__ == "__main__":
    main()
