"""Closed moment equations the plain way of today: written out by SymPy, compiled by lambdify, integrated by SciPy.

Run by an interpreter that has both; imports nothing of Phasebook. Reads one job, then answers each line on its input with the
seconds of building and of solving anew, and the final means.
"""

import itertools
import json
import math
import sys
import time


def main() -> None:
    job = json.loads(sys.stdin.readline())
    try:
        import scipy.integrate
        import sympy
    except ImportError as error:
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    begin = time.perf_counter()
    _run(job, sympy, scipy.integrate.solve_ivp)
    print(json.dumps({"ready": time.perf_counter() - begin}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(_run(job, sympy, scipy.integrate.solve_ivp)), flush=True)


def _run(job, sympy, solve_ivp):
    begin = time.perf_counter()
    species, order = len(job["counts"]), job["order"]
    names = [e for k in range(1, order + 1) for e in _exponents(species, k)]
    symbols = {e: sympy.Symbol("m_" + "_".join(map(str, e))) for e in names}
    right, jacobian = _compiled(sympy, job, symbols)
    built = time.perf_counter()
    start = [math.prod(n**power for n, power in zip(job["counts"], e, strict=True)) for e in names]
    run = solve_ivp(
        lambda t, y: right(*y),
        (0.0, job["end"]),
        start,
        method="LSODA",
        jac=lambda t, y: jacobian(*y),
        rtol=1e-8,
        atol=1e-10,
    )
    done = time.perf_counter()
    return {"build": built - begin, "solve": done - built, "means": [float(value[-1]) for value in run.y[:species]]}


def _compiled(sympy, job, symbols):
    species, order = len(job["counts"]), job["order"]
    zero = (0,) * species
    moments = {zero: sympy.Integer(1), **symbols}
    cumulants = {}

    def moment(e):
        if e not in moments:
            moments[e] = sympy.expand(_recursion(e, cumulant, moment))
        return moments[e]

    def cumulant(e):
        if sum(e) > order:
            return sympy.Integer(0)
        if e not in cumulants:
            cumulants[e] = sympy.expand(moments[e] - _recursion(e, cumulant, moment, last=False))
        return cumulants[e]

    equations = []
    for i in symbols:
        equation = sympy.Integer(0)
        for rate, reactants, change in job["reactions"]:
            for e, coefficient in _monomials(species, reactants).items():
                for k in _below(i):
                    if k == i:
                        continue
                    weight = math.prod(math.comb(a, b) * s ** (a - b) for a, b, s in zip(i, k, change, strict=True))
                    if weight:
                        both = tuple(a + b for a, b in zip(k, e, strict=True))
                        equation += rate * coefficient * weight * moment(both)
        equations.append(sympy.expand(equation))
    unknowns = list(symbols.values())
    right = sympy.lambdify(unknowns, equations, cse=True)
    jacobian = sympy.lambdify(unknowns, sympy.Matrix(equations).jacobian(unknowns), cse=True)
    return right, jacobian


def _recursion(e, cumulant, moment, last=True):
    """mu_e = sum_k binom(e - 1_j, k) kappa_(k + 1_j) mu_(e - 1_j - k); without `last` the term kappa_e is left out."""
    j = next(index for index, power in enumerate(e) if power)
    rest = (*e[:j], e[j] - 1, *e[j + 1 :])
    total = 0
    for k in _below(rest):
        if k == rest and not last:
            continue
        block = (*k[:j], k[j] + 1, *k[j + 1 :])
        weight = math.prod(math.comb(a, b) for a, b in zip(rest, k, strict=True))
        total += weight * cumulant(block) * moment(tuple(a - b for a, b in zip(rest, k, strict=True)))
    return total


def _monomials(species, reactants):
    """n (n - 1) ... in monomials."""
    polynomial = {(0,) * species: 1}
    for index, count in reactants:
        for step in range(count):
            expanded = {}
            for e, value in polynomial.items():
                raised = (*e[:index], e[index] + 1, *e[index + 1 :])
                expanded[raised] = expanded.get(raised, 0) + value
                if step:
                    expanded[e] = expanded.get(e, 0) - step * value
            polynomial = expanded
    return polynomial


def _exponents(species, order):
    return [e for e in itertools.product(range(order + 1), repeat=species) if sum(e) == order][::-1]


def _below(e):
    return itertools.product(*(range(power + 1) for power in e))


if __name__ == "__main__":
    main()
