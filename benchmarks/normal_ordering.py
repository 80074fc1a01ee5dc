"""Normal ordering of long words beside OpenFermion and SymPy, and the table of answer pairs beside math-verify.

The peers are looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names (`pip install openfermion sympy
math-verify`); an absent one is skipped with the reason.
"""

from functools import partial
from pathlib import Path

from benchmarks.peers import in_turns, start_peer
from benchmarks.timing import Row, row
from phasebook import quantum

PEER = Path(__file__).parent / "normal_ordering_peer.py"
PAIRS = 5
NUMBERS = [("create", 0), ("destroy", 0)]
WORDS = {
    "(b†b)^10": ("boson", 10 * NUMBERS),
    "b^6 b†^6": ("boson", 6 * [("destroy", 0)] + 6 * [("create", 0)]),
    "c_1…c_6 c_6†…c_1†": ("fermion", [("destroy", j) for j in range(6)] + [("create", j) for j in reversed(range(6))]),
}


def measure() -> list[Row]:
    """Seconds for each word, letter by letter, and for the table of pairs."""
    rows = [ordered(what, peer) for what in WORDS for peer in ("openfermion", "sympy")]
    return [each for each in (*rows, graded()) if each is not None]


def ordered(what: str, name: str) -> Row | None:
    """Our normal form of a word beside a peer's; SymPy's is of one bosonic mode."""
    algebra, word = WORDS[what]
    if name == "sympy" and algebra != "boson":
        return None
    ours = partial(coefficients, algebra, word)
    found = _timed(name, {"algebra": algebra, "word": word}, ours)
    if found is None:
        return None
    mine, theirs, value = found
    if value != ours():
        raise ValueError(f"{name} finds other coefficients of {what}: {value} and not {ours()}")
    limit = f"{len(value)} monomials in {len(word)} products: {min(mine) / len(word) * 1e6:.0f} µs each"
    return row(f"normal order of {what}", name, mine, theirs, aim=10, limit=limit)


def coefficients(algebra: str, word: list[tuple[str, int]]) -> list[int]:
    """Sorted absolute coefficients of our normal form."""
    form = quantum.word_element(quantum.Bosons() if algebra == "boson" else quantum.Fermions(), word)
    return sorted(abs(value) for value in form.terms.values())


def graded() -> Row | None:
    """The whole table but for the pairs beyond any budget; how many each gets right stands beside."""
    pairs = [pair for pair in quantum.answer_pairs() if pair.outcome != "ungraded"]

    def ours() -> list[str]:
        return [quantum.compare_pair(pair).outcome for pair in pairs]

    found = _timed("math-verify", {"pairs": [(pair.answer, pair.solution) for pair in pairs]}, ours)
    if found is None:
        return None
    mine, theirs, outcomes = found
    expected = [pair.outcome for pair in pairs]
    right = [sum(a == b for a, b in zip(each, expected, strict=True)) for each in (ours(), outcomes)]
    operators = [k for k, pair in enumerate(pairs) if "algebra" in pair.declared and pair.outcome != "unparsed"]
    commuting = [k for k, pair in enumerate(pairs) if "algebra" not in pair.declared and pair.outcome != "unparsed"]
    parts = [f"{sum(outcomes[k] == expected[k] for k in part)} of {len(part)}" for part in (operators, commuting)]
    limit = f"right: ours {right[0]}, math-verify {right[1]} ({parts[0]} with operators, {parts[1]} without); it knows no operators"
    return row(f"{len(pairs)} answer pairs graded", "math-verify", mine, theirs, aim=1, limit=limit)


def _timed(name: str, job: dict, ours) -> tuple[list[float], list[float], list] | None:
    """Seconds of both in turns, and the peer's answer; None where it is absent."""
    peer, reason = start_peer(PEER, {"peer": name, **job})
    if peer is None:
        print(f"  {name} is left out: {reason}")
        return None
    mine, theirs, values = in_turns(ours, peer, PAIRS)
    return mine, theirs, values[-1]
