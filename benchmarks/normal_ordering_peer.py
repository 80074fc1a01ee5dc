"""Peers of normal ordering and of grading, in a process of their own: OpenFermion, SymPy, math-verify."""

import json
import sys
import time

SECONDS_EACH = 5


def main() -> None:
    job = json.loads(sys.stdin.readline())
    try:
        run = {"openfermion": openfermion_form, "sympy": sympy_form, "math-verify": verified_pairs}[job["peer"]](job)
    except ImportError as error:
        print(json.dumps({"absent": f"{error.name} is not installed"}), flush=True)
        return
    print(json.dumps({"ready": 0.0}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        value = run()
        print(json.dumps({"seconds": time.perf_counter() - begin, "value": value}), flush=True)


def openfermion_form(job: dict):
    """Sorted absolute coefficients of OpenFermion's normal form; a word is a list of letters and modes."""
    from openfermion import BosonOperator, FermionOperator, normal_ordered

    kind = BosonOperator if job["algebra"] == "boson" else FermionOperator
    ladder = tuple((mode, int(letter == "create")) for letter, mode in job["word"])

    def run() -> list[int]:
        form = normal_ordered(kind(ladder))
        return sorted(abs(round(value)) for value in form.terms.values() if value)

    return run


def sympy_form(job: dict):
    """The same of SymPy's normal_ordered_form; the word is written out, as powers of products come back unchanged."""
    from sympy import Add, Mul
    from sympy.physics.quantum.boson import BosonOp
    from sympy.physics.quantum.operatorordering import normal_ordered_form

    destroy = BosonOp("b")
    create = destroy.adjoint()
    word = [create if letter == "create" else destroy for letter, _ in job["word"]]

    def run() -> list[int]:
        form = normal_ordered_form(Mul(*word, evaluate=False), recursive_limit=1000, independent=True)
        return sorted(abs(int(term.as_coeff_Mul()[0])) for term in Add.make_args(form.expand()))

    return run


def verified_pairs(job: dict):
    """The outcome that math-verify gives to each pair: correct, wrong, or unparsed where it finds no formula."""
    import logging

    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)

    def outcome(answer: str, solution: str) -> str:
        found, truth = (parse(f"\\boxed{{{text}}}", parsing_timeout=SECONDS_EACH) for text in (answer, solution))
        if not found or not truth:
            return "unparsed"
        return "correct" if verify(truth, found, timeout_seconds=SECONDS_EACH) else "wrong"

    return lambda: [outcome(*pair) for pair in job["pairs"]]


if __name__ == "__main__":
    main()
