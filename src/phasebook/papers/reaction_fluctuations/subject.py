"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

STANDARD = "standard model of the field, which the chapter reviews (its text was not at hand)"

paper = Paper(
    "reaction-fluctuations",
    notes=(
        "Rate equations assume that reactants are mixed; walkers that react on contact are not. On a line A + A -> 0 follows the "
        "exact law (Bessel functions) as closely as we could measure, and its density falls with the power 1/2, not 1.",
        "Coagulation A + A -> A is annihilation in disguise: twice its density, exactly, from twice the initial density.",
        "A + B -> 0 separates into domains and falls with the power d/4; but slowly so: in one dimension the amplitude is still 5% "
        "above its law after 10,000 hops.",
        "Directed bond percolation, sixty-four replicas to a machine word, has the exponents of its class; a bond probability "
        "that is wrong in the fourth digit bends the decay visibly within 10,000 steps.",
        "Predators in the plane die out below a predation rate of about 0.704, where rate equations say 0.5; above it they need "
        "more prey than those say, and swing at three quarters of their frequency (predation rate 2).",
        "Three rivals in a cycle live together in spirals as long as the spirals fit into the lattice; a site then changes hands "
        "with 0.07 to 0.1 radians a unit of time, two to three times more slowly than the rate equations spiral out.",
    ),
    stops="At most one particle per site; other limits of occupancy are not simulated. Asymptotic laws are masked where the "
    "diffusion length passes a quarter of the lattice, or after L^z / 10 steps; below t of about 10 the laws for two and three "
    "dimensions and for two species are far from the truth. With unequal numbers the law of segregation ends when the minority "
    "dies out. Whether only particles or all sites exchange places moves the predators' threshold: here every site does.",
    own_data="phasebook run reaction-fluctuations own-lattice --rules rules.txt --raster frames.npy --time 20 --plot own.png   "
    "(rules such as 'hop A, B @ 1' and 'A + B -> 0 @ contact'; frames of integer labels, .npy or .png; in Python: "
    "examples/reactions_own_lattice.py)",
    comparisons=("lattice",),
)

paper.equation(
    "Walkers that annihilate, one dimension, half filled",
    "ρ(t) = ½ e^(−2t) [I₀(2t) + I₁(2t)] → 1/√(8πDt)",
    "hop rate 1, D = ½, I the modified Bessel functions; rate equations say 1/t",
)
paper.equation(
    "Two and three dimensions",
    "ρ ≈ ln(8Dt) / (8πDt),   ρ → 1/(K t),  K = 2/G₃",
    "G₃ = 1.5163860, Watson's integral",
)
paper.equation(
    "Two species that annihilate",
    "ρ_A = √(ρ₀/π) (8πDt)^(−d/4)   for d < 4",
    "Gaussian fluctuations of the initial difference, which diffuses",
)
paper.equation(
    "Directed percolation",
    "ρ(t) ~ t^(−δ),   ρ ~ (p − p_c)^β,   N(t) ~ t^η",
    "1+1 dimensions: δ = 0.159464, β = 0.276486, η = 0.313686; p_c = 0.644700185 for bonds (published values)",
)
paper.equation(
    "Predators and prey, mixed",
    "da/dt = a (λ b − μ),   db/dt = σ b (1 − a − b) − λ a b",
    "a: predators, b: prey; they coexist for λ > μ",
)
paper.equation(
    "Three rivals, mixed",
    "da_i/dt = a_i [μ (1 − Σ_j a_j) − σ a_{i−1}]",
    "the fixed point a = μ/(3μ + σ) is an unstable spiral",
)

paper.not_covered(
    "Field theory: the coherent-state path integral and the renormalization group behind the exponents.",
    "Exponents are measured and compared with published numbers; nothing here derives them.",
)
paper.not_covered(
    "Branching and annihilating walks with even offspring (parity-conserving class).",
    "They need births at two sites at once, which the rules do not have yet.",
)
paper.not_covered(
    "Reaction fronts of initially separated reactants.",
    "The engine takes any start; the widths of fronts are not among the claims.",
)
