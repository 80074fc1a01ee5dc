"""What the paper says, what was found, and where it stops being true."""

from ...claims import Paper

paper = Paper(
    "moment-closure-validity",
    notes=(
        "Closed moment equations can be invalid, and not just inaccurate. For the bistable Schlögl network the normal closure of "
        "second order has one stable state only for volumes from 0.61 to 65.2; outside it has two, where the true law is unique at "
        "every volume. The edges are folds of its steady states, found by continuation (`branches`); at volumes below 0.2 the "
        "second state is still there, but hardly a run reaches it.",
        "For pair annihilation (one deterministic state) there is a threshold instead: below a volume of 2.47 runs diverge.",
        "For the Brusselator the steady state of second order is stable up to a volume of 7150, but a sustained oscillation "
        "coexists with it at 3000 already: runs from far away never settle there, though linear stability says that all is well.",
        "`validity-map` shows it at a glance: every closure and order has its own patchwork of volumes, where the exact law has "
        "none. Central-moment neglect diverges nearly everywhere in between.",
        "Comparing orders exposes the artifacts: at volume 100 the two states of the Schlögl network at order 2 are one at "
        "order 3.",
    ),
    stops="The verdict is about deterministic starts and the stationary state: closures that it calls invalid may still follow the "
    "first transient. `poisson`, `lognormal` and `derivative-matching` depend on which species a conservation law eliminates. Rate "
    "laws that are no polynomials have no moment equations here; exact simulation and the master equation treat them.",
    own_data="phasebook run moment-closure-validity network --file network.xml --time 10 --trajectories 1000   "
    "(SBML, BioNetGen .net, or lines such as '2X + Y -> 3X, c1')",
    comparisons=(
        "jump_processes",
        "master_equation",
        "moment_closures",
    ),
)

paper.equation(
    "Mass action",
    "a_r(n) = k_r Ω^(1 − |s_r|) Π_i n_i (n_i − 1) … (n_i − s_ir + 1)",
    "n: copy numbers, Ω: volume, s_r: reactants; with combinatoric=True divided by Π s_ir!",
)
paper.equation(
    "Chemical master equation",
    "dP(n)/dt = Σ_r [a_r(n − S_r) P(n − S_r) − a_r(n) P(n)]",
    "S_r: the change that reaction r makes",
)
paper.equation(
    "Moment equations",
    "dμ_i/dt = Σ_r Σ_{k<i} C(i, k) S_r^(i−k) Σ_e α_re μ_{k+e}",
    "i, k, e: multi-indices; α_re: the propensity's coefficients in monomials; those of order m need higher moments",
)
paper.equation(
    "Closures of order m (the first is normal)",
    "cumulants of order > m are 0;   poisson: pure ones equal the mean;   central: central moments are 0;   "
    "lognormal: μ_e = exp(e·ν + ½ e·Σe)",
    "the higher moments in terms of the lower ones",
)
paper.equation(
    "Linear noise",
    "dφ/dt = f(φ),   dC/dt = J C + C Jᵀ + D,   D = Σ_r S_r S_rᵀ f_r(φ)",
    "mean Ω φ, covariance Ω C; J the Jacobian of f",
)
paper.equation(
    "Validity",
    "one constant state from every start, means > 0, covariance ≥ 0",
    "anything else is named: multistable, oscillating, negative variance, negative mean, diverged",
)

paper.not_covered(
    "The paper's own networks, rates and figures.",
    "Only its abstract was at hand; a bistable, an oscillatory and a monostable network with rates of our own play their roles.",
)
