"""What the paper says, what was found, where it stops being true, and what is not covered."""

from typing import Literal

from ...claims import Paper

Breaking = Literal["rs", "1rsb"]

ABSTRACT = "abstract of arXiv 2111.12997; equations and numbers derived"
DERIVED = "derived from the model of arXiv 2111.12997"

paper = Paper(
    "dense-hebbian-rsb",
    notes=(
        "Symmetric replicas stop too early. At temperature zero and P = 3 they lose the pattern at load 0.3783; one step of "
        "breaking keeps it up to 0.4612, and networks of 200 to 1600 spins that are quenched from the pattern at 0.41 keep an "
        "overlap of 0.9, at every size. For the Hopfield network (P = 2) the gain is a fifth of a percent: 0.13791 becomes "
        "0.13819.",
        "Up to load 0.4224 (P = 3, one step) retrieval is also the ground state; symmetric replicas say 0.266.",
        "Beyond 0.4612 the dynamics is still stuck near the pattern: at load 0.5 the overlap after the quench is still 0.84 "
        "with 400 and 800 spins, and at load 2 it is 0.48. That is remanence, not retrieval: theory's equilibrium has no "
        "pattern there.",
        "Symmetric retrieval is re-entrant: at P = 3 and load 0.41 it is absent at temperature zero and present at 0.15. "
        "The line of one step is nearly vertical instead.",
        "The energy N·Σ m^P, often taken for this one, is another model: its repeated indices add a pairwise noise of the same "
        "order. At P = 4 and load 0.2 it does not retrieve at all where the network of distinct indices recalls 99%.",
        "For P > 2 the patterns that are not retrieved are a P-spin glass and nothing else: the third cumulant of their energy "
        "vanishes per spin, where for P = 2 it does not.",
    ),
    stops="Everything is mean-field: N → ∞ with K ∝ N^(P−1). Overlaps of a few hundred spins are off by 0.01 to 0.03. Patterns are "
    "independent fair signs; correlated ones are refused by no formula, but theory does not describe them (own-patterns says so). "
    "One step is exact neither for the glass below the Gardner temperature (0.240 at P = 3, load 1) nor for retrieval at low "
    "temperature, where the replicon eigenvalue is negative still; further steps change the numbers by little. "
    "A random start never finds a pattern when P > 2.",
    own_data="phasebook run dense-hebbian-rsb own-patterns --patterns patterns.npy --interaction-order 3 --temperature 0.2   "
    "(rows of 1 and -1; in Python: examples/spins_own_patterns.py)",
    comparisons=("dense_hebbian",),
)

paper.equation(
    "Energy",
    "−b H = (b/2) (P!/N^(P−1)) Σ_μ e_P(ξ^μ ∘ σ),   e_P: elementary symmetric polynomial, distinct indices",
    "N spins, K patterns, T = 1/b; one recalled pattern has −H/N → ½ m^P",
)
paper.equation(
    "Load",
    "α = (P!/2) K / N^(P−1)",
    "Gardner's convention; for P = 2 it is K/N",
)
paper.equation(
    "Symmetric replicas, P ≥ 3",
    "m = E tanh g,   q = E tanh² g,   g = (bP/2) m^(P−1) + z √(c P q^(P−1))",
    "c = b²α/2, z ~ N(0, 1); m: overlap with the pattern, q: Edwards-Anderson overlap",
)
paper.equation(
    "One step of breaking",
    "⟨·⟩ = E_y[cosh^θ g ·] / E_y cosh^θ g,   g = (bP/2) m^(P−1) + z √(cP q₁^(P−1)) + y √(cP (q₂^(P−1) − q₁^(P−1)))",
    "m = E_z⟨tanh g⟩, q₂ = E_z⟨tanh² g⟩, q₁ = E_z⟨tanh g⟩², and the free energy is stationary in θ",
)
paper.equation(
    "Temperature zero, symmetric",
    "m = erf(m^(P−1) √(P / 4α)),   α_max = (P/4) max_y [erf(y)^(P−1) / y]²",
    "the capacity in closed form",
)
paper.equation(
    "Stability",
    "c P (P − 1) E[q^(P−2) sech⁴ g] < 1",
    "de Almeida-Thouless, per replica-symmetric solution",
)

paper.not_covered(
    "The free energies follow from Guerra's interpolation without replicas.",
    "A proof, not a number; the formulas that it gives are the ones solved here.",
)
paper.not_covered(
    "The paper's own figures and its symbols β' = 2β/P! and storage γ.",
    "Its body could not be read; spins.plain_temperature converts temperatures, and loads are Gardner's.",
)
