"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2604.23489; the formula is derived here"
DERIVED = "derived here from the model of arXiv 2604.23489"

EULER_STEP = 0.1

paper = Paper(
    "linear-equivalence",
    notes=(
        "Tell the theory one network's couplings, and it gives that network's whole covariance matrix: with drive, off-diagonal "
        "entries of 200 to 600 units correlate with the prediction at 0.997 and better, with slope one to within a few percent "
        "from matrix to matrix; the naive Gaussian closure reaches 0.4.",
        "The reason shows in simulation: what a unit's activity leaves unexplained by its own input is hundreds of times less "
        "correlated between units than the activities are.",
        "Prediction costs one eigendecomposition of the couplings, whatever the number of frequencies.",
        "Finite networks become chaotic later than theory says: at gain 1.5 many matrices of 400 units still have a negative "
        "exponent; near the onset read theory as a limit.",
    ),
    stops="Without drive the effective gain is near one (0.956 at gain 3): a finite sample's slowest mode then dominates, and "
    "below about 1000 units the matrix is unreliable (correlation 0.75 at 250 units) although residuals are uncorrelated; watch "
    "stability_theory and the warning that names the eigenvalue. Couplings must be independent: where J_ij and J_ji are "
    "correlated by 0.2, measured covariances are half of the predicted ones or less, even with transfer function and noise "
    "taken from data. Blocks of different strength do little harm.",
    own_data="phasebook run linear-equivalence covariance --coupling weights.npy --noise 4 --plot covariance.png   "
    "(.npy, .npz, SciPy sparse .npz or .csv; with recorded activity: own-activity --coupling weights.npy --activity rates.npy; "
    "in Python: examples/networks_own_couplings.py)",
    comparisons=("linear_equivalence",),
)

paper.equation(
    "Network",
    "dx_i/dt = −x_i + Σ_j J_ij φ(x_j) + ξ_i(t),   J_ij ~ N(0, g²/N)",
    "φ odd; ξ white noise of strength σ²; or the discrete map x(t+1) = J φ(x(t)) + σ z(t)",
)
paper.equation(
    "Mean field",
    "(1 − ∂²_τ) Δ(τ) = g² C_φ(τ) + σ² δ(τ),   C_φ(τ) = E[φ(a) φ(b)]",
    "Δ: autocovariance of x; a, b Gaussian with variance Δ(0) and covariance Δ(τ)",
)
paper.equation(
    "Covariance of given couplings",
    "C(ω) = C_r(ω) (I − S J)^(−1) (I − S J)^(−†)",
    "S(ω) = γ H(ω), γ = E φ′, H = 1/(1 + iω); the linear-equivalent network",
)
paper.equation(
    "Its residual noise",
    "C_r(ω) = C_φ(ω) [1 − g² |S(ω)|²]",
    "what a unit's activity has beyond its own input, uncorrelated between units",
)
paper.equation(
    "Dimension",
    "D = (tr C)² / tr C²;   discrete map: D/N = 1 − (gγ)⁴",
    "participation ratio of the equal-time covariance",
)

paper.not_covered(
    "Nonlinearities that are not odd, and their means.",
    "Means vanish for odd functions alone; others need the mean-field theory of the mean too, and are refused.",
)
paper.not_covered(
    "Off-diagonal moments of all higher orders reduce to products of pair covariances.",
    "wick-moments measures the fourth order; higher ones are too small to be told from sampling noise here.",
)
