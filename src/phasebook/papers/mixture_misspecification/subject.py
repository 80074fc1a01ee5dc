"""What the paper says, what was found, where it stops being true, and what is not covered."""

from __future__ import annotations

from typing import Any

from ... import inference
from ...claims import Paper

ABSTRACT = "abstract of arXiv 2605.02448; constants derived"
DERIVED = "derived from the model of arXiv 2605.02448"
DATA_SETS = 8

paper = Paper(
    "mixture-misspecification",
    notes=(
        "A noise level assumed too small (ρ = τ/σ < 1) pushes the fitted means outward. In pure noise two means still end at "
        "±c(ρ)σ, so that the relative squared error grows like c(ρ)²/SNR: at ρ = 0.5 and SNR = 0.01 it is 45.",
        "A noise level assumed too large pulls the means together, and from ρ² = 1 + λ·SNR on they all sit at the overall mean; "
        "λ is the share of the leading direction in the means' covariance (1 for two means, 1/2 for an equilateral triangle).",
        "Where the means are lopsided that threshold is only local: five means at −1 and one at 5 stay apart up to ρ² = 7.163, "
        "and not to 6; a triangle at SNR = 1 up to 1.5032, and not to 1.5. Only comparing likelihoods finds it.",
        "Hard assignment (k-means) is the limit ρ → 0, the worst case of under-smoothing; its labels are as good as Bayes' rule "
        "between two means on a line, and its means are not.",
    ),
    stops="Everything here is the population, or samples large beside 1/SNR²: with n samples the collapse is rounded over a window "
    "of about n^(-1/2) in ρ², and below SNR ~ n^(-1/2) the direction of the fitted means is chance. The noise is isotropic and "
    "Gaussian, and the weights are known. A fit that estimates its noise level anew is another estimator, without these biases.",
    own_data="phasebook run mixture-misspecification own-samples --data samples.npy --components 3 --sigma 0.8",
    comparisons=("mixture_em",),
)

paper.equation(
    "Data",
    "x = μ*_ℓ + σ ξ,  ℓ uniform on 1..K,  ξ ~ N(0, I_d)",
    "σ = 1 sets the scale; SNR = tr Σ_B / σ², with Σ_B the covariance of the true means",
)
paper.equation(
    "Fitted family and its objective",
    "L(μ) = E log Σ_k π_k N(x; μ_k, τ² I_d),   ρ = τ/σ",
    "τ is held fixed and wrong: ρ is the ratio of misspecification, 0 is hard assignment",
)
paper.equation(
    "Fixed points",
    "μ_k = E[r_k x] / E[r_k],   r_k(x) ∝ π_k exp(−|x − μ_k|² / 2τ²)",
    "expectation maximization; the population form takes E over the true law",
)
paper.equation(
    "Two symmetric means, one equation",
    "m = E[(s + z) tanh((s + z) m / ρ²)],   z ~ N(0, 1)",
    "s = |μ*|, m = the fitted mean's length along μ* (derived here)",
)
paper.equation(
    "Weak signals",
    "|μ̂ − μ*|² → c(ρ)² σ² as SNR → 0,   c = E[z tanh(z c / ρ²)]",
    "c(0) = √(2/π); the relative error grows like c²/SNR for every ρ < 1",
)
paper.equation(
    "Collapse",
    "all μ_k = mean of x is a local maximum  ⇔  ρ² > 1 + λ_max(Σ_B)/σ²",
    "the second variation of L; for two symmetric means this is global",
)

paper.not_covered(
    "The paper's own numerical experiments and its statements with explicit constants for general mixtures.",
    "Its body could not be read; what is measured here are the abstract's statements, with constants derived by us.",
)
paper.not_covered(
    "Rates of hard assignment and of label recovery at high signal-to-noise ratios, beyond two means.",
    "The abstract names them without their form; two means are measured up to a separation of three noise levels.",
)


def population_of(mixture: Any, ratio: float, **options: Any) -> Any:
    """The population's fit at a ratio; zero is hard assignment."""
    if ratio == 0:
        return inference.population_hard_fit(mixture, start=options.get("start"))
    return inference.population_fit(mixture, ratio, **options)
