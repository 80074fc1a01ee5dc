"""What the paper says, what was found, where it stops being true, and what is not covered."""

from typing import Any

from ... import information
from ...claims import Paper

ABSTRACT = "abstract of arXiv 1105.5662; the concrete model is derived"
DERIVED = "derived here for a single-file channel after the abstract of arXiv 1105.5662"
TEXTBOOK = "textbook statistical mechanics"

paper = Paper(
    "maxent-ion-channel",
    notes=(
        "The fluctuation-dissipation relation holds at any distance from equilibrium, and exactly, if the step's "
        "own mean is taken off conditionally on where it starts. With the overall mean instead, the response of a "
        "driven ring's current to the force one step before has the wrong sign.",
        "At the reversal voltage half of the current's noise is its conductance, to all digits; at two kT it is a "
        "third more.",
        "The factor 1/N! is no convention: the number of ions in many cells, of which the mean alone is known, is "
        "Poisson's.",
        "A voltage ramp obeys exp(−W) = exp(−ΔF) on average only if the work done on the left bath is counted; "
        "without it the mean is 0.36 of what it should be after a short ramp and 0.1 after a long one. Both baths "
        "open, the identity is useless for simulation beyond short ramps: the relative variance is 17 for a ramp "
        "of one hop and 5e49 for a hundred.",
        "Currents and noise at fifteen voltages with errors of one per cent are explained to two per cent by "
        "channels that differ from the true one by one to two kT in single energies: the curve determines few "
        "combinations of them.",
        "A strongly driven channel's tilted generator defeats ordinary eigenvalue solvers; Noda's iteration with "
        "both eigenvectors keeps the fluctuation symmetry to 1e-12.",
    ),
    stops="Ions are point charges in single file with the same charge; water, the protein's motion and the shape "
    "of its field are in the site energies, which are constants. Rates obey detailed balance with respect to the "
    "baths, which fixes their ratios alone: the attempt rate is a unit. Charges are counted at the right end; in "
    "the steady state it does not matter. Up to 14 sites for currents, 9 for the cumulant generating function, 6 "
    "for fits.",
    own_data="phasebook run maxent-ion-channel own-channel --curve curve.csv --sites 3 --left-activity 0.14 "
    "--right-activity 0.005   (columns voltage_mV,current_pA and error_pA; or --record states.csv with columns "
    "state,dwell; in Python: examples/information_own_channel.py)",
    comparisons=("ion_channel",),
)
paper.equation(
    "Maximum entropy",
    "p(c) = p_0(c) e^(−λ·f(c)) / Z(λ),   −∂ ln Z/∂λ = ⟨f⟩,   ∂² ln Z/∂λ² = Cov f",
    "λ minimizes ln Z + λ·F for known averages F",
)
paper.equation(
    "Channel",
    "E(c) = Σ_j ε_j c_j + Σ_{j<k} w/|j − k| c_j c_k + v Σ_j (1 − x_j) c_j",
    "c_j = 0, 1: site j is occupied; x_j = j/(n + 1); energies and voltage v in kT",
)
paper.equation(
    "Kinetics and affinity",
    "rate = k_0 e^(−ΔΦ/2),   A = v + ln(a_L / a_R)",
    "ΔΦ: change of E less the electrochemical potential of the bath that gives or takes the ion",
)
paper.equation(
    "Driven paths",
    "W(y|x) = W_0(y|x) e^(λ f(y,x)) / Z(x),   ∂⟨A_t⟩/∂λ_s = ⟨A_t (f_s − E[f_s | x_s])⟩",
    "exact for any drive; zero for t < s (derived here)",
)
paper.equation(
    "Counting statistics",
    "L_s r = θ(s) r,   J = θ′(0),   S = θ″(0),   θ(s) = θ(−s − A)",
    "L_s: generator with e^s for every charge that leaves to the right; the symmetry of Gallavotti and Cohen",
)
paper.equation(
    "Second law and work",
    "entropy production = J·A ≥ 0,   ⟨e^(−W)⟩ = e^(−ΔF),   W = ∫ ∂_v E dv + Σ q A(v_t)",
    "q = ±1 for charges that enter from or return to the left bath",
)
paper.not_covered(
    "The paper's own channel and its parameters.",
    "Only the abstract could be read: a channel of four sites with energies of our own plays its role.",
)
paper.not_covered(
    "Quantum states and continuous fields.",
    "States are discrete here; the Nernst-Planck limit is checked through Goldman's current.",
)

TEST_ENERGIES = (-1.0, 0.3, -0.5, 0.2)


def channel_of_four_sites(voltage: float) -> Any:
    """The channel that claims are about: w = 1.5, μ⁰ = 3, a = 0.14 and 0.005."""
    return information.IonChannel(TEST_ENERGIES, 1.5, 0.14, 0.005, voltage, 3.0)
