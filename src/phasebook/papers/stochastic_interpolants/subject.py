"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

PAPER = "arXiv 2303.08797"
DERIVED = "derived from the definitions of arXiv 2303.08797"

paper = Paper(
    "stochastic-interpolants",
    notes=(
        "With exact fields one law has many samplers: the ODE and SDEs of noise 0.5 and 5 end in the same mixture, weights and "
        "widths of the modes within their errors; the flow keeps log densities to 1e-6.",
        "A small error of the velocity is bounded in its effect on the SDE and not on the ODE: an error 0.2 sin(80x), of mean "
        "square 0.02, puts the ODE at a divergence of 14.6 and the SDE of noise 1 at 1.6e-6, below its bound of 0.005.",
        "Networks of three layers of 64, trained for half a minute: in five trainings the SDE of the best noise, 1/4 or 1, came "
        "2.7 to 5.2 times closer to the target than the ODE in divergence, and noise 20 was 3 to 12 times worse than the ODE.",
        "Between Gaussians the Schrödinger bridge couples the ends with covariance √(ac + ε²) − ε; minimizing the action finds it.",
        "A mirror interpolant of a law with itself gives an ODE that maps every point back to itself, and an SDE that resamples.",
    ),
    stops="The bound needs noise above 0 and a score: near t = 0 and 1 the score is the latent mean over a vanishing γ, so times "
    "are kept 0.001 away from the ends. A step h must resolve the score, h ε well below the smallest variance. Where modes are far "
    "apart and γ = 0, the velocity is nearly discontinuous and adaptive steps become tiny. In many dimensions the exact divergence "
    "costs one product per dimension: use Hutchinson's estimate.",
    own_data="phasebook run stochastic-interpolants own-clouds --start start.npy --end end.npy --noise 0.5 --plot clouds.png   "
    "(two arrays of points, a row each, .npy, .csv or .parquet; in Python: examples/transport_own_point_clouds.py)",
    comparisons=("interpolants",),
)

paper.equation(
    "Interpolant",
    "x_t = α(t) x0 + β(t) x1 + γ(t) z,   z ~ N(0, 1)",
    "α(0) = β(1) = 1, α(1) = β(0) = 0, γ(0) = γ(1) = 0; x0 and x1 are samples of the ends, coupled or not",
)
paper.equation(
    "Fields",
    "b(t, x) = E[x_t′ | x_t = x],   s = ∇ log ρ = −η/γ,   η(t, x) = E[z | x_t = x]",
    "b: velocity, s: score, η: mean of the latent noise",
)
paper.equation(
    "One law, many equations",
    "∂ρ/∂t + ∇·((b ± ε s) ρ) = ± ε Δρ",
    "ε(t) ≥ 0: noise; ε = 0 is the ODE, + the forward and − the backward SDE",
)
paper.equation(
    "Objectives",
    "L_b = E[½ |b̂|² − (∂I/∂t + γ′ z)·b̂],   L_η = E[½ |η̂|² − z·η̂]",
    "t uniform; each with +z and −z for the same pair, since γ′ diverges at the ends",
)
paper.equation(
    "Likelihood control",
    "KL(ρ1‖ρ̂1) ≤ (1/4ε) ∫ E|b̂ + ε ŝ − b − ε s|² dt",
    "ρ̂1: law of the SDE's samples; no such bound holds for the ODE",
)
paper.equation(
    "Schrödinger bridge",
    "min ∫ E|b + ε s|² dt;   between N(0, a) and N(0, c):  κ = √(a c + ε²) − ε",
    "κ: covariance of the ends, with γ² = 2 ε t (1 − t); the reference process is √(2ε) W",
)

paper.not_covered(
    "Image generation on 128 × 128 flowers, with samples that improve with noise.",
    "It takes days of training on an accelerator and the data set; the checkerboard and a 128-dimensional mixture stand for it.",
)
paper.not_covered(
    "Optimizing over the interpolant itself reaches the Schrödinger bridge for any ends.",
    "Measured between Gaussians, where the optimum is known; for clouds the entropic coupling is offered instead.",
)
