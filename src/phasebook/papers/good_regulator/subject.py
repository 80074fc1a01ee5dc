"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2603.09067"
DERIVED = "derived here; the paper's definition of α is reconstructed from the abstract of arXiv 2603.09067"
REWRITING = "derived here after Wolfram 2020, Knuth and Bendix 1970"

paper = Paper(
    "good-regulator",
    notes=(
        "Only the abstract and the first pages could be read. The definition of the regime parameter α is "
        "reconstructed: it gives the threshold κ(F) = 2 that the abstract states, but the paper's own may have another "
        "form. Convergence functionals are named and pluggable; in Python any function of the two spectra will do.",
        "The threshold is a choice of functional, not a law. κ(F)^p ρ puts it at 1 + 1/p; the condition number alone, the "
        "slowest rate, or the Hessian F send the weight to infinity, and the spectral radius alone keeps it at zero.",
        "Measured, not modeled: the time of descent goes with the spectral radius of g (rank correlation 0.9997 over a "
        "thousand matrices), the number of steps at a stable length with its condition number (0.998). Their product, "
        "which gives the threshold, predicts neither as well; in time alone, no weight of F at all is best.",
        "Beyond the threshold one observer stands in two regimes at once: α tends to 1 along the direction with the "
        "smallest eigenvalue and to 1/2 along the largest.",
        "A Fisher matrix measured from fewer than 34 samples a parameter has a condition number above 2 even if the true "
        "one is a multiple of the unit matrix: noise alone makes an observer look quantum.",
        "Causal invariance is more than a unique end. AA → A closes its only critical pair at once and always ends in A, "
        "and has three causal graphs on AAAAA; BA → AB with BB → A ends in AAAAAA in all orders, by 4 to 16 events. "
        "Of 2000 random rules of two relations 443 pass the pairs and 239 of them end, each in one state; 22 have several "
        "causal graphs.",
        "To regulate is not to sense: a clock that never looks holds its good set as well as a controller that copies "
        "what it sees. When the world jumps, both fail, and only acting on what is seen survives.",
    ),
    stops="Rewriting is checked on states that fit in memory: critical pairs up to a number of steps, which leaves some "
    "rules undecided; rules that never end are compared down to a causal depth. A string rule may not delete letters "
    "without a trace, because causes are passed on by tokens. Regulators are finite tables. Regimes need F on its range "
    "and M = F²; whether F ∝ 1 or not can't be seen below the Marchenko-Pastur noise. That hypergraph observers are "
    "physical is the paper's interpretation; nothing here measures it.",
    own_data="phasebook run good-regulator fisher --scores scores.npy   (your model's per-sample scores, samples by "
    "parameters; also: regulator --tables tables.csv, rewrite --rule '{{x,y},{x,z}} -> {{x,z},{x,w},{y,w},{z,w}}' --state "
    "'{{0,0},{0,0}}'; in Python: examples/information_own_regulator.py)",
    comparisons=("rewriting",),
)
paper.equation(
    "Causal graph",
    "event B depends on event A  ⟺  B consumes a relation that A created",
    "causal invariance: all update orders give isomorphic causal graphs and the same final state up to renaming",
)
paper.equation(
    "Good regulator",
    "R = greatest fixed point of R ↦ {(c, s) ∈ R : s ∈ G, (u(c, h(s)), f(s, π(c), w)) ∈ R for all w}",
    "ψ(c) = {s : (c, s) ∈ R} is what observer state c can be read as believing; R empty: no regulator",
)
paper.equation(
    "Natural gradient",
    "dθ/dt = −F(θ)⁻¹ ∇L,   F = E[s sᵀ],   s = ∂ ln p_θ / ∂θ",
    "the same path in all coordinates (Amari 1998)",
)
paper.equation(
    "Metric weight (derived here)",
    "g = F² + βF,   T(β) = κ(g) ρ(g),   β* = max(0, Λ − 2ℓ) > 0  ⟺  κ(F) > 2",
    "Λ, ℓ: largest and smallest eigenvalue of F; κ^p ρ: β* = max(0, pΛ − (p+1)ℓ), threshold 1 + 1/p",
)
paper.equation(
    "Regime parameter (reconstructed)",
    "α_k = β*/(β* + λ_k);   α_min = (κ−2)/(κ−1),   α_max = (κ−2)/(2(κ−1))",
    "share of the Fisher part along the eigendirection k; 0 equilibration, 1/2 efficient learning, 1 quantum",
)
paper.equation(
    "Noise in F",
    "κ(F̂) → ((1 + √γ)/(1 − √γ))²,   γ = parameters / samples",
    "for an isotropic F (Marchenko and Pastur 1967); above 2 from γ = 0.0295",
)
paper.not_covered(
    "That a persistent observer in a causally invariant hypergraph must be a regulator, and must learn by natural gradient.",
    "A chain of theorems about what can be read into a system; each link is made a check, the chain is not proved.",
)
paper.not_covered(
    "The paper's own definition of α and its three alternative convergence models.",
    "They are not in the abstract; functionals of our own that fail in the same way play their roles.",
)
