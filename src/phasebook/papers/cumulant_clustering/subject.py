"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

THEOREM = "theorem of arXiv 2405.09388 (its abstract); the chains are our own"
TEXTBOOK = "textbook free probability and statistical mechanics"
DERIVED = "derived here for chains that can be solved exactly"

paper = Paper(
    "cumulant-clustering",
    notes=(
        "In a chain that nobody can solve, at two temperatures, the ratio of neighboring distances is the same for c_2, c_3, c_4 "
        "and κ_4 to 1e-3, and equals the gap of the quantum transfer matrix of the infinite chain to 4e-4.",
        "The theorem is about one moved observable. Move two, and the free cumulant κ_4(A, B, A, B) tends to κ_2(A,A) κ_2(B,B) "
        "and not to zero: classical independence is not freeness. At infinite temperature it is exactly 1 from the first site on.",
        "Outside the light cone of the commutator (2.5 sites per 1/J) cumulants keep their values of time 0 to 2e-4. Inside, four-"
        "point ones grow to more than four times that.",
        "Free and classical cumulants of the same four operators decay alike and differ in size: κ_4/c_4 is 0.80 at β = 0.3 at "
        "every distance, because the crossing pair decays with them.",
        "Along rays through a chain of free fermions averages fall nearly as 1/T, with the logarithm of T on top for c_2 inside "
        "the cone; at finite temperature c_4 has a slope of -0.7 to -0.8, which is no violation.",
        "A state that is a mixture of all spins up and all down has c_2 = 1 and c_4 = -2 at any distance: where the hypothesis "
        "fails, so does the conclusion.",
    ),
    stops="Finite chains never forget: averages over time hold only before signals return from the ends, t < N/(2 v). Periodic "
    "chains see their own image from the middle on: rates are fitted on open ones, two sites before the end. Below 1e-12 a "
    "cumulant is the rounding of its moments (free fermions excepted). The theorem bounds from above: faster decay is no "
    "violation, and a cumulant that a symmetry forbids has no rate. Exact diagonalization to 12 sites, random vectors to 22.",
    own_data="phasebook run cumulant-clustering own-chain --hamiltonian terms.csv --inverse-temperature 0.3 --observables ZXZZ   "
    "(columns coefficient,string, as -1.0,ZZI or -1.0,Z0 Z1; or a sparse .npz, and --density state.npy; samples of commuting "
    "observables: own-samples --samples rows.csv; in Python: examples/quantum_own_chain.py)",
    comparisons=("cumulants",),
)
paper.equation(
    "Classical cumulant (Ursell function)",
    "c_n = Σ_π (−1)^(|π|−1) (|π|−1)! Π_V ω_V,   ω_V = ω(A_i ⋯ A_k)",
    "over all partitions π of n operators; in each block V they keep their order",
)
paper.equation(
    "Free cumulant",
    "ω_n = Σ_NC Π_V κ_V,   κ_n = Σ_NC Möb(π, 1) Π_V ω_V",
    "over non-crossing partitions; Möb is a product of (−1)^(s−1) C_(s−1) over the Kreweras complement's blocks",
)
paper.equation(
    "Clustering at one rate",
    "|ω(A α_g B) − ω(A) ω(B)| ≤ r(g)   ⇒   |c_n(A_1, …, α_g A_j, …, A_n)| ≤ C r(g), and so κ_n",
    "one moved observable; on a lattice α_g is a translation, with the Lieb-Robinson bound also in space-time",
)
paper.equation(
    "Reference chain",
    "H = −J Σ Z_i Z_(i+1) − h_x Σ X_i − h_z Σ Z_i,   ω(A) = Tr e^(−βH) A / Z",
    "J = 1, h_x = 0.9, h_z = 0.5 is not integrable; open, with the fixed observables on the first site",
)
paper.equation(
    "Exact rate",
    "c_n(x + 1) / c_n(x) → λ_1/λ_0",
    "leading eigenvalues of the quantum transfer matrix: world lines of one site in M slices of β, M → ∞ (derived here)",
)
paper.equation(
    "Free fermions",
    "c_n = (−1)^(n−1) Σ_cycles Π M_(i,π(i)),   M_ij = ⟨c†_i c_j⟩ (i ≤ j), −⟨c_j c†_i⟩ (i > j)",
    "densities n_i at sites and times, in the order of the operators (derived here)",
)
paper.not_covered(
    "The theorem for general group actions and C* algebras.",
    "It is a proof; here are lattices, translations and times.",
)
paper.not_covered(
    "Ergodicity along almost every ray in every short-range lattice at high temperature.",
    "Averages are measured where long times can be reached exactly, in chains of free fermions.",
)
