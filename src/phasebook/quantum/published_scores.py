"""The graded replies that were released with CMT-Benchmark: 17 models, 50 problems, one reply each.

Source: github.com/JamesRoggeveen/cmt_benchmark_data, commit 2498e1c (MIT license), folder eval_results/0921073736. A row of the
table is a model; a 1 is a reply that was graded correct, by the program or, where the program could not read it, by hand. Which
replies were not read by the program is known by their number alone. Two of these grades do not stand: GPT-5-mini's reply to
problem 17 is the solution with indices written without a comma, and the solution of problem 12 was corrected afterwards (commit
36774af), by which Claude 3.7 Sonnet solves it. The table is as released. No problem and no answer is part of this file.
"""

import numpy as np

from .graded_replies import OUTCOMES, GradedTable

MODELS_AND_GRADES = {
    "GPT-4o": ("00000000000000000000000000000000000000000000000100", 4),
    "GPT-4.1": ("00000000000000000000001000000000000100000000000000", 6),
    "GPT-5": ("00001100000000100000011010100010001101000100010011", 0),
    "GPT-5-mini": ("00001000000000010001000001110000001100000011000011", 4),
    "GPT-5-nano": ("00001000000000000111010000100000010000000000000000", 1),
    "o3": ("00001101100000010001010001100000001001000000010010", 0),
    "o4-mini": ("00001000100000010000110000100000001000000001000001", 2),
    "Gemini 2.0 Flash": ("00001000000000000000100001000001000000000000000001", 3),
    "Gemini 2.5 Flash": ("00010000000000001000000000000000000000000000000000", 7),
    "Gemini 2.5 Pro": ("00010100000000000000000000000010001000001100000010", 11),
    "Claude 3.7 Sonnet": ("00001000000000000000000000100000000000001000000000", 2),
    "Claude 4.1 Sonnet": ("00001000000000000000000000000000000000000000000000", 0),
    "Claude 4.0 Sonnet": ("00001000000000000000000001000000000000000000000001", 1),
    "Claude 4.1 Opus": ("00001000000000100000000000000000000100000000000010", 2),
    "Claude 4.0 Opus": ("00001001000000000000010000000000000000000000010100", 2),
    "DeepSeek v3": ("00001100000000000000000000000000000000000000000000", 2),
    "LLaMA Maverick": ("00001000000000000000011001000000000000000000010100", 1),
}
_KINDS = {"h": "HF", "e": "ED", "d": "DMRG", "q": "QMC", "v": "VMC", "p": "PEPS", "s": "SM", "o": "Other"}
TYPES = tuple(_KINDS[letter] for letter in "hhhhhevdqqqddveeeoqeepeoqeoqdooooooopooooosssssops")


def published_table() -> GradedTable:
    """The released grades; a reply that was not graded correct counts as wrong, because hand grading replaced `unparsed`."""
    grades = np.array([[int(mark) for mark in row] for row, _ in MODELS_AND_GRADES.values()])
    counts = np.zeros((*grades.shape, len(OUTCOMES)), dtype=np.int64)
    counts[:, :, 0], counts[:, :, 1] = grades, 1 - grades
    problems = tuple(f"problem-{index}" for index in range(grades.shape[1]))
    return GradedTable(tuple(MODELS_AND_GRADES), problems, TYPES, counts)


def published_unparsed() -> np.ndarray:
    """Replies of each model that the released parser could not read, before two of them were graded correct by hand."""
    return np.array([count for _, count in MODELS_AND_GRADES.values()])
