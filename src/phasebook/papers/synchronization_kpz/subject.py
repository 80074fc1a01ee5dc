"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2604.06040"
COMPANIONS = "abstracts of arXiv 2311.13253 and 2407.15634"
DERIVED = "derived here from the model of arXiv 2604.06040"

paper = Paper(
    "synchronization-kpz",
    notes=(
        "Phases on a ring are the heights of a rough surface. Odd coupling grows like Edwards-Wilkinson, and our rings follow its "
        "exact discrete-time sum to 0.1%; any even part adds the nonlinearity of Kardar, Parisi and Zhang, and strong randomness "
        "ends in random deposition, where nobody is synchronous.",
        "KPZ is approached slowly: at δ = 1.2, σ = 0.15 and L = 16,384 we find β = 0.310 ± 0.003 over t = 300 to 4000 instead of "
        "1/3, a squared width 1.35 and then 1.23 times the Tracy-Widom law's, and a skewness of −0.25 ± 0.01 instead of −0.293. "
        "Longer runs come nearer: over t = 800 to 8000 (16 rings of 32,768) β is 0.324 ± 0.005, skewness −0.27 ± 0.014 and excess "
        "kurtosis 0.18 ± 0.04, for 0.165 in the limit. Skewness tells KPZ from Edwards-Wilkinson sooner than the exponent does.",
        "Between KPZ and deposition lies a band in which slips have begun: exponents there reach 0.5 to 2 and skewness −2, and "
        "belong to no class. At nonoddity 1.4 that band begins at σ near 0.1.",
        "Frozen frequencies overshoot: β passes the 3/4 of odd coupling and the 0.8 of columnar KPZ, and stands at 0.90 over t = "
        "150 to 500. Some nonoddity helps frozen rings: first slips come at σ near 0.2 instead of 0.14 (L = 1024, t = 300). An odd "
        "ring locks only above half the range of the partial sums of its frequencies, which grows as √L.",
    ),
    stops="Exponents are read before a tenth of L^(3/2) and after t = 5 (in units of 1/K), without slips; one slip adds steps of "
    "2π. With an Euler step of 0.1 the squared width of odd rings at t = 1 is 6% above the continuous law. Near δ = π/2 diffusion "
    "vanishes and many bonds are bent beyond the angle where coupling turns repulsive: at δ = 1.4, σ = 0.1 the squared width is "
    "near four times the KPZ law's before any slip, and a first slip sets off an avalanche. "
    "A single measured ring gives an exponent to ±0.03 or worse, from arcs that must be longer than the correlations.",
    own_data="phasebook run synchronization-kpz own-phases --file phases.npz --plot phases.png   (arrays phases, times × "
    "oscillators, and times; .csv and .nc work too; wrapped or not; in Python: examples/networks_own_phases.py)",
    comparisons=("oscillator_ring",),
)

paper.equation(
    "Ring of oscillators",
    "dφ_i/dt = ω_i + σ ξ_i(t) + K [Γ(φ_{i+1} − φ_i) + Γ(φ_{i−1} − φ_i)]",
    "Γ(u) = sin(u + δ); either noise ξ (time-dependent) or frozen frequencies ω of standard deviation σ (columnar)",
)
paper.equation(
    "As an interface",
    "∂φ/∂t = const + ν φ_xx + (λ/2) φ_x² + noise,   ν = K cos δ,   λ = −2K sin δ",
    "small differences between neighbors; derived here",
)
paper.equation(
    "Width",
    "W² = mean over the ring of (φ − φ̄)² ~ t^(2β), then ~ L^(2α) after t ~ L^z",
    "β = 1/4, α = 1/2, z = 2 (Edwards-Wilkinson); β = 1/3, α = 1/2, z = 3/2 (KPZ); β = 1/2 (random deposition)",
)
paper.equation(
    "Odd coupling, exactly",
    "W² = (σ²/L) Σ_{k≠0} (1 − e^(−2νq_k t)) / (2νq_k),   q_k = 2 (1 − cos 2πk/L)",
    "δ = 0, small σ; with an Euler step its discrete form is used",
)
paper.equation(
    "KPZ growth",
    "φ ≈ v t − (Γ t)^(1/3) χ,   Γ = |λ| A² / 2,   A = σ² / 2ν",
    "χ: Tracy-Widom law of flat starts; the sign follows λ < 0, so that skewness is negative",
)
paper.equation(
    "Frozen frequencies, a bound",
    "K_c ≥ ½ (max S − min S),   S_i = Σ_{j≤i} (ω_j − ω̄)",
    "odd coupling locks only above it",
)

paper.not_covered(
    "Growth exponents, saturation times and saturation widths over the whole plane, as the paper tabulates them.",
    "Only the abstract could be read: our maps have their own grid, sizes and thresholds.",
)
paper.not_covered(
    "Limit-cycle oscillators (van der Pol, Stuart-Landau) grow in the same classes.",
    "Phase oscillators with any coupling are simulated; phases of measured signals can be brought to own-phases.",
)
paper.not_covered(
    "Columnar KPZ has α ≈ 1.07 and z ≈ 1.3 to 1.4.",
    "Saturation of frozen rings takes times that two cores do not reach beside the other claims.",
)
