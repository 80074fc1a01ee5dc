"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2310.12975; formulas as its authors' public code has them, derived again here"
DERIVED = "derived here from the model of arXiv 2310.12975"

paper = Paper(
    "fractional-noise-inference",
    notes=(
        "Five processes with speeds from 1/20 to 20 carry type II noise to 1% of its mean square for every H of 0.3 and "
        "above, and to 0.01% from 0.6 on. Type I is harder at the other end: at H = 0.9 half of its mean square is lost, as "
        "its past reaches beyond the slowest process.",
        "In the linear case everything is exact: the posterior is a Kalman filter's, and the control that makes the evidence bound "
        "tight is known in closed form. Paths under it measure the evidence without noise, up to the Euler step.",
        "That step costs more than the approximation: with an observation error of 0.1 and H = 0.3 the bound of 200 steps lies "
        "2.2 nats below the evidence, that of 800 steps 0.4. A trained control can be no better than that.",
        "The index by likelihood needs processes as fast as the series: 256 points and a largest speed of 20 give 0.12 for H = 0.3 "
        "and 0.74 for 0.7, without any sign of trouble. A largest speed of ten per step leaves less than 0.01.",
        "A control learns its bridge in hundreds of steps, not thousands, if it is told the time left to the observation and its "
        "output is scaled with it.",
    ),
    stops="The weights are best for levels over one horizon, in the mean square: increments over steps much shorter than the "
    "fastest process are as rough as Brownian motion's, and below H of 0.2 even the best five processes miss a tenth of the mean "
    "square. Type I at H above 0.8 needs slower processes (a larger maximum speed reaches further on both sides). Exactness ends "
    "with linear equations, constant diffusion and normal errors. The Markov likelihood puts an index of 0.2 0.01 to 0.02 too low.",
    own_data="phasebook run fractional-noise-inference hurst --file series.csv --plot hurst.png   (columns t,value, and series for "
    "several; or .npz with times and values; in Python: examples/sequences_own_series.py)",
    comparisons=("fractional_noise",),
)
paper.equation(
    "Fractional Brownian motion, type II",
    "B_t = (1/Γ(H + ½)) ∫₀^t (t − s)^(H − ½) dW_s",
    "H: Hurst index; type I adds the past from −∞, which makes increments stationary, and has variance t^(2H) under the unit norm",
)
paper.equation(
    "Markov approximation",
    "dY_k = −γ_k Y_k dt + dW,   B̂_t = Σ_k ω_k (Y_k(t) − Y_k(0))",
    "one Brownian motion W for all processes; speeds γ_k in a geometric series from 1/γ_max to γ_max",
)
paper.equation(
    "Weights",
    "A ω = b,   A_ij = ∫₀^T E Y_i Y_j dt,   b_k = ∫₀^T E B Y_k dt",
    "the smallest mean squared error over the horizon T; incomplete gamma functions in closed form, smooth in H",
)
paper.equation(
    "Prior and posterior",
    "dX = b(X, t) dt + σ dB̂,   posterior: dW → dW + u(t, X, Y) dt",
    "the control u is a neural network, or known exactly where b is linear",
)
paper.equation(
    "Evidence bound",
    "log p(O) ≥ E[ Σ_i log p(O_i | X_{t_i}) − ½ ∫ u² dt ] − KL(q(Y_0) | p(Y_0))",
    "tight at the optimal control and the posterior law of the start",
)
paper.equation(
    "Optimal control of a linear bridge",
    "u*(t, z) = (c_t·s) (O − c_t·z) / (v_t + noise²)",
    "z = (X, Y), s = (σ Σω, 1, .., 1), X_T given z_t is N(c_t·z, v_t) (derived here)",
)
paper.not_covered(
    "Latent video models: a stochastic moving MNIST with fractional noise beats one with white noise.",
    "It takes an encoder, a decoder and days of training; the posterior that it stands on is here, on series.",
)
paper.not_covered(
    "State-dependent diffusion, in Itô's and Stratonovich's sense.",
    "Diffusion is constant here, where the two are one.",
)
