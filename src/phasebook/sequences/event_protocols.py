"""Sequences whose meaning lies in their times: parities of run-length encoded bits, oscillators seen irregularly, images as events.

Event parity: bits are fair, the label is the parity of the ones, and an event is written where a bit differs from the one before.
Without elapsed times only the number of runs is left, and the best possible accuracy is a finite sum. Source: the authors' public
code to arXiv 2106.13898; the ceiling is derived here.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from .recurrence import IrregularSequences

TRAIN_SEED, TEST_SEED = 1234984, 48736


def event_parity(
    sequences: int, padding: int, *, seed: int, elapsed: bool = True
) -> tuple[IrregularSequences, Int[np.ndarray, " sequences"]]:
    """Run-length encoded bit strings of 2 to `padding` − 1 fair bits, and the parities of their ones.

    An event is (bit; elapsed = run length so far / padding). With `elapsed` False every event comes 1 / padding after the last.
    """
    check_parity(sequences, padding)
    random = np.random.RandomState(seed)  # the published protocol's generator
    inputs = np.zeros((sequences, padding, 1), dtype=np.float32)
    gaps = np.zeros((sequences, padding), dtype=np.float32)
    mask, labels = np.zeros((sequences, padding), dtype=bool), np.zeros(sequences, dtype=np.int32)
    for row in range(sequences):
        bits = random.randint(0, 2, size=random.randint(2, padding))
        values, counts = run_length_events(bits)
        labels[row] = bits.sum() % 2
        inputs[row, : len(values), 0] = values
        gaps[row, : len(values)] = counts if elapsed else 1.0
        mask[row, : len(values)] = True
    return IrregularSequences(inputs, gaps / padding, mask), labels


def run_length_events(bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and counters of the events of a row of symbols: one where the symbol changes (the first always does), one at the end.

    The counter of an event is the number of symbols since the event before, its own among them; a last event closes a run that
    went on.
    """
    bits = np.asarray(bits)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(bits)) + 1])
    counts = np.diff(np.concatenate([[-1], starts]))
    left = bits.size - 1 - starts[-1]
    if left:
        return np.append(bits[starts], bits[-1]), np.append(counts, left)
    return bits[starts], counts


def parity_ceiling(padding: int) -> float:
    """The largest accuracy on event parity that is possible without elapsed times.

    What is left of a string is its first bit, the number r of runs, and whether the last run went on (the flush event). For each of
    these the better of both parities is right. Strings of L bits have the weight 2^−L / (padding − 2).
    """
    check_parity(1, padding)
    right = 0.0
    for runs in range(1, padding):
        for first, went_on in itertools.product((0, 1), (False, True)):
            shares = [0.0, 0.0]
            for length in range(max(2, runs), padding):
                weight = 0.5**length / (padding - 2)
                for parity, count in enumerate(_strings(length, runs, first, went_on)):
                    shares[parity] += weight * count
            right += max(shares)
    return right


def check_parity(sequences: int, padding: int) -> None:
    """Raises ValueError for fewer than one sequence, or a padding below 4."""
    if sequences < 1:
        raise ValueError(f"sequences must be at least 1; got {sequences}")
    if padding < 4:
        raise ValueError(f"padding must be at least 4; got {padding}")


def _strings(length: int, runs: int, first: int, went_on: bool) -> tuple[int, int]:
    """Bit strings with this many runs, by the parity of their ones: compositions of the length, runs of ones apart from zeros'."""
    ones_runs = (runs + first) // 2
    last_is_one = (first + runs - 1) % 2 == 1
    found = [0, 0]
    for ones in range(length + 1):
        ways = 1
        for total, parts, holds_last in (
            (ones, ones_runs, last_is_one),
            (length - ones, runs - ones_runs, not last_is_one),
        ):
            # A last run that went on has at least two symbols; one that did not has exactly one.
            if not holds_last:
                ways *= _compositions(total, parts)
            else:
                ways *= _compositions(total - 1, parts) if went_on else _compositions(total - 1, parts - 1)
        found[ones % 2] += ways
    return found[0], found[1]


def _compositions(total: int, parts: int) -> int:
    """Ways to write a total as an ordered sum of positive parts."""
    if parts == 0:
        return int(total == 0)
    return math.comb(total - 1, parts - 1) if total >= parts else 0


@dataclass(frozen=True, eq=False)
class OscillatorBank:
    """Damped oscillators with fixed frequencies and dampings, seen through a matrix with noise: a linear stand-in for a walker.

    Positions are observed, velocities are not, so what comes next depends on how long ago the last observation was.
    """

    frequencies: Float[np.ndarray, " oscillators"]
    dampings: Float[np.ndarray, " oscillators"]
    readout: Float[np.ndarray, "features oscillators"]
    noise: float

    @classmethod
    def random(
        cls, *, features: int = 17, oscillators: int = 6, noise: float = 0.1, kick: float = 0.0
    ) -> OscillatorBank:
        """The bank of the experiments: angular frequencies from 0.3 to 1.6 a step, dampings of 0.01, a fixed random readout."""
        random = np.random.default_rng(17)
        readout = random.normal(size=(features, oscillators)) / math.sqrt(oscillators)
        return cls(np.linspace(0.3, 1.6, oscillators), np.full(oscillators, 0.01 + kick), readout, noise)

    def transition(self, steps: int = 1) -> np.ndarray:
        """The matrix (2 oscillators, 2 oscillators) that takes positions and velocities `steps` on."""
        size = self.frequencies.size
        matrix = np.zeros((2 * size, 2 * size))
        for place, (frequency, damping) in enumerate(zip(self.frequencies, self.dampings, strict=True)):
            cosine, sine = math.cos(frequency * steps), math.sin(frequency * steps)
            block = math.exp(-damping * steps) * np.array([[cosine, sine], [-sine, cosine]])
            matrix[np.ix_([place, size + place], [place, size + place])] = block
        return matrix

    def trajectories(self, sequences: int, steps: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Observations (sequences, steps + 1, features) with noise, and the same without it."""
        size, matrix = self.frequencies.size, self.transition()
        state, clean = random.normal(size=(sequences, 2 * size)), []
        for _ in range(steps + 1):
            clean.append(state[:, :size] @ self.readout.T)
            state = state @ matrix.T
        levels = np.stack(clean, axis=1)
        return levels + self.noise * random.normal(size=levels.shape), levels


def irregular_oscillators(
    bank: OscillatorBank, sequences: int, steps: int, *, dropped: float = 0.1, seed: int
) -> tuple[IrregularSequences, Float[np.ndarray, "sequences steps features"]]:
    """Trajectories of which a share of steps is dropped at random, and for each step that is left the observation one step later.

    The elapsed time of a step is the number of steps since the last one that is left.
    """
    if not 0 <= dropped < 1:
        raise ValueError(f"dropped must be at least 0 and below 1; got {dropped!r}")
    random = np.random.default_rng(seed)
    seen, _clean = bank.trajectories(sequences, steps, random)
    kept = random.random((sequences, steps)) >= dropped
    kept[:, 0] = True
    order = np.argsort(~kept, axis=1, kind="stable")
    mask = np.take_along_axis(kept, order, axis=1)
    gaps = np.diff(order, axis=1, prepend=-1)
    rows = np.arange(sequences)[:, None]
    sequences_left = IrregularSequences(seen[rows, order], np.where(mask, gaps, 0), mask)
    return sequences_left, np.where(mask[:, :, None], seen[rows, order + 1], 0.0).astype(np.float32)


def oscillator_floor(bank: OscillatorBank, sequences: IrregularSequences) -> float:
    """Mean squared error per feature of the best possible prediction, a Kalman filter's that knows the bank and the elapsed times.

    Its error covariance depends on the times alone. States begin standard normal.
    """
    size = bank.frequencies.size
    observe = np.concatenate([bank.readout, np.zeros_like(bank.readout)], axis=1)
    noise, forward = bank.noise**2 * np.eye(len(observe)), bank.transition()
    gaps = np.rint(sequences.elapsed).astype(int)
    moves = {gap: bank.transition(gap) for gap in np.unique(gaps[sequences.mask])}
    total, count = 0.0, 0
    for row, present in zip(gaps, sequences.mask, strict=True):
        covariance = np.eye(2 * size)
        for place, gap in enumerate(row[present]):
            if place:
                covariance = moves[gap] @ covariance @ moves[gap].T
            gain = np.linalg.solve(observe @ covariance @ observe.T + noise, observe @ covariance).T
            covariance = covariance - gain @ observe @ covariance
            ahead = observe @ forward @ covariance @ forward.T @ observe.T + noise
            total, count = total + float(np.trace(ahead)) / len(observe), count + 1
    return total / count


def tuned_oscillators(
    sequences: int, *, steps: int = 12, noise: float = 0.1, seed: int
) -> tuple[IrregularSequences, Int[np.ndarray, " sequences"]]:
    """Oscillators of three frequencies (labels 0, 1, 2) with random phases, seen at random times: only times tell them apart."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, sequences)
    gaps = random.exponential(1.0, (sequences, steps))
    times = np.cumsum(gaps, axis=1)
    angles = np.array([0.3, 0.8, 1.5])[labels, None] * times + random.uniform(0, 2 * np.pi, (sequences, 1))
    values = np.stack([np.sin(angles), np.cos(angles)], axis=2) + noise * random.normal(size=(sequences, steps, 2))
    lengths = random.integers(steps // 2, steps + 1, sequences)
    mask = np.arange(steps) < lengths[:, None]
    return IrregularSequences(values, np.where(mask, gaps, 0.0), mask), labels


def image_events(images: np.ndarray, *, threshold: float, padding: int) -> IrregularSequences:
    """Images (n, ..) as run-length events of their pixels at or above a threshold, row by row; elapsed = run length / padding.

    Raises ValueError where an image has more events than `padding`.
    """
    images = np.asarray(images)
    flat = (images.reshape(len(images), -1) >= threshold).astype(int)
    inputs, gaps = np.zeros((len(flat), padding, 1)), np.zeros((len(flat), padding))
    mask = np.zeros((len(flat), padding), dtype=bool)
    for row, bits in enumerate(flat):
        values, counts = run_length_events(bits)
        if len(values) > padding:
            raise ValueError(f"image {row} has {len(values)} events; padding must be at least that, got {padding}")
        inputs[row, : len(values), 0], gaps[row, : len(values)] = values, counts / padding
        mask[row, : len(values)] = True
    return IrregularSequences(inputs, gaps, mask)
