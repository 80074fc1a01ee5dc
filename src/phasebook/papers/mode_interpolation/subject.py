"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

PAPER = "arXiv 2406.09358"
DERIVED = "derived from the diffusion and the data of arXiv 2406.09358"

paper = Paper(
    "mode-interpolation",
    notes=(
        "The exact denoiser doesn't hallucinate: of modes {1, 2, 3} with σ = 0.05 it puts a share of 2.5e-8 beyond 6 σ, and that "
        "from its finite steps. Smoothed over h = 0.05, 0.1, 0.2, 0.3, as a network of limited slope would be, it puts there "
        "2.5e-5, 1.07e-3, 3.4e-2 and 0.164: from the distribution function alone, without a sample; samples agree.",
        "All of them lie between neighbors: of {1, 2, 4, 5} at h = 0.2 the wide gap holds one hallucination in 400.",
        "The variance of the predicted data over the last 10 steps removes 99% of the hallucinations at 96% kept, if they are rare "
        "(h = 0.1, one in a thousand). Where they are not, it fails: 31% at h = 0.2, 17% at h = 0.3. A removal without its rate "
        "of hallucinations says little.",
        "The window decides: areas under the ROC curve at h = 0.1 are 0.97, 0.99, 0.94, 0.70, 0.51 for the last 5, 10, 20, 50, "
        "100 steps.",
        "A network of width 64 on the grid of 25 modes, 8000 batches of 1000: 29% of its samples lie beyond 6 σ, after 16,000 "
        "batches 27%, 94% of these along the grid's lines. Another training of 8000 batches gave 44%. The area under the ROC curve "
        "is 0.83 for the last 5 steps, 0.49 for the last 50: this network is far from the paper's 95% removed.",
        "Without any training: models that learn from each other's samples hallucinate 0.1%, 1%, 3%, 7%, 10% in five generations, "
        "and as much when taught by a random fifth of a larger pool; by the fifth of smallest variance, less than 0.1% throughout.",
        "Samples are not as wide as their data: the reference schedule's first step is coarse against σ², and the exact denoiser "
        "keeps 0.89 of the variance.",
    ),
    stops="The smoothed denoiser is a model of a network, not one: a trained network's ramps have their own shapes, and rates "
    "follow its training, which must be told with every figure. Labels need modes that are known; for a file or digits they are "
    "distances to neighbors, which call rare examples hallucinated. On pictures the window must be chosen anew. An exact law is "
    "there on a line only.",
    own_data="phasebook run mode-interpolation train --data points.npy --steps 4000 --samples 4000 --plot samples.png   "
    "(or .csv, or a .zip of 64 × 64 pictures; your own sampler in Python: examples/transport_own_sampler.py)",
    comparisons=("diffusion",),
)

paper.equation(
    "Diffusion",
    "x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε,   ᾱ_t = ∏_{s≤t} (1−β_s),   ε ~ N(0, 1)",
    "T = 1000 steps, β from 0.001 to 0.2 (the reference code's, ten times the usual): all that matters happens at t < 150",
)
paper.equation(
    "Step back",
    "x_{t−1} = √ᾱ_{t−1} β_t/(1−ᾱ_t) x̂₀ + √(1−β_t) (1−ᾱ_{t−1})/(1−ᾱ_t) x_t + √β_t ξ",
    "arXiv 2006.11239, eq. 7 with variance β_t; no noise ξ at t = 0, so that the sample is the last x̂₀",
)
paper.equation(
    "Exact denoiser",
    "x̂₀(x, t) = Σ_k r_k [m_k + √ᾱσ²/S (x − √ᾱ m_k)],   r_k ∝ w_k exp(−(x − √ᾱ m_k)²/2S),   S = ᾱσ² + 1 − ᾱ",
    "data of modes m_k, weights w_k, standard deviation σ; derived. Between modes Δ apart its slope is about √ᾱΔ²/4S",
)
paper.equation(
    "Smoothed denoiser",
    "x̂₀ʰ(x, t) = E_u x̂₀(x + u, t),   u ~ N(0, h²)",
    "a model of a network that can't follow a jump; derived, not the paper's",
)
paper.equation(
    "Law of the samples",
    "F_{t−1} = F_t(y⁻¹) ∗ N(0, β_t),   y(x) = √ᾱ_{t−1} β_t/(1−ᾱ_t) x̂₀(x) + √(1−β_t) (1−ᾱ_{t−1})/(1−ᾱ_t) x",
    "distribution functions on a line; y never decreases, so no samples are needed; derived",
)
paper.equation(
    "Trajectory variance",
    "Hal(x) = mean over coordinates of Var_{t∈W} x̂₀(x_t, t)",
    "W: the last 10 steps (t = 9 … 0) for points in the reference code",
)

paper.not_covered(
    "Hands with six fingers and other pictures of real photographs.",
    "They need networks and data that are not shipped; shapes and digits stand in for them.",
)
paper.not_covered(
    "Recursive training on MNIST.",
    "The images are not shipped: experiment recursion takes digits of 8 × 8 pixels, or a file of your own.",
)
