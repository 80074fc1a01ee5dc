"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

SUMMARY = "abstract and public summaries of arXiv 2401.12686; the equations are derived"
DERIVED = "derived from the hybrid graphex method of arXiv 2401.12686"

paper = Paper(
    "graphex-games",
    notes=(
        "Agents of degree k keep the same k neighbors. Followed as a Markov chain of (own state, neighbors' states) they are "
        "infected less than the core: 0.204 for one neighbor against 0.257 in the default game; redrawing the neighbors at every "
        "step misses all of it.",
        "On sampled graphs the hybrid prediction's deviation falls like the root of the size at σ = 1/2, from 0.059 at 1,700 "
        "agents to 0.015 at 100,000; the core alone stays at 0.045 and more. A few percent take some ten thousand agents. On the "
        "e-mail network of Enron (36,692 nodes, clustered) it deviates by 0.020, the core alone by 0.108.",
        "The default epidemic game has more than one equilibrium. Beside the smooth one (a quarter infected, two thirds "
        "protected) damped best response finds a pure one in which the population alternates between protection and freedom, "
        "with an exploitability of 1e-12; entropy-regularized equilibria double their period below a temperature of about 0.03.",
        "Online mirror descent and fictitious play cycle on that game, with exploitabilities from 0.4 to 1.6.",
        "An agent of degree one who plays the core's policy loses a quarter of what it could earn; one who sees its neighbor, "
        "and not only its own state, would halve its cost once more, which policies of (state, degree) leave out.",
    ),
    stops="The periphery is solved as if all its neighbors were hubs: at ν = √(2·edges) a share of about (k/ν)^(1 − σ) of them is "
    "not, and predictions of small networks are off by that much: at σ = 0.8 it is two fifths of them among 3000 agents, where "
    "epidemics with immunity were mispredicted by 0.5. Clustered or assortative networks break it at any size: "
    "neighbors of a node are then neighbors of each other. One network's hubs differ from another's, so that single small networks "
    "scatter. Networks without nodes of degree one have no periphery, and are refused.",
    comparisons=("mean_field_games",),
    own_data="phasebook run graphex-games equilibrium --game sis --edges edges.txt --plot game.png   (KONECT, SNAP, CSV or Matrix "
    "Market edge lists, gzipped or not; a game of your own in Python: examples/populations_own_game.py)",
)

paper.equation(
    "Graphex",
    "W(α, β) = ξ(α) ξ(β),   ξ(α) = (1/σ − 1)(1 + α)^(−1/σ)",
    "points (θ, α) of a unit Poisson process with θ ≤ ν are joined with probability W; σ in [1/2, 1): sparsity exponent, ν: size",
)
paper.equation(
    "Degrees",
    "E N_k = ν ∫ Poisson(k; ν ξ(α)) dα,   f_k → σ Γ(k − σ) / (k! Γ(1 − σ))",
    "N_k: nodes of degree k; f_k: their share (Sibuya's law, tail k^(−1−σ)); edges number ν²/2 on average",
)
paper.equation(
    "The core",
    "μ_{t+1}(x′) = Σ μ_t(x) π_t(u|x) P(x′|x, u, G_t),   G_t = μ_t where ξ weighs all alike",
    "agents of high degree all see one neighborhood G; x: state, u: action, μ: shares of states, π: policy",
)
paper.equation(
    "Equilibrium at a temperature",
    "Q_t(x, u) = r + Σ P V_{t+1},   V = Σ π (Q − λ ln π),   π ∝ exp(Q / λ)",
    "r: reward, λ: temperature; at λ = 0 nobody gains by deviating",
)
paper.equation(
    "Agents of degree k",
    "P(x′, n′ | x, n) = Σ_u π^k(u|x) P(x′|x, u, n/k) · M(n → n′)",
    "n: how many of the k neighbors are in each state; M: k independent copies of the core's chain; the neighbors stay the same",
)
paper.equation(
    "Prediction of a network",
    "μ̂_t = Σ_{k≤K} f_k μ^k_t + (1 − Σ_{k≤K} f_k) μ_t,   Δμ = (1/2T) Σ_t Σ_x |μ̂_t − share_t|",
    "f_k: the network's own shares of degrees; Δμ: deviation from simulated agents, at most 1",
)

paper.not_covered(
    "The hybrid method beats Lp-graphon mean-field games.",
    "With neighborhoods as distributions and a separable power law, every agent of an Lp graphon sees the same neighborhood, which "
    "is the core-only prediction that is measured beside ours; the paper's own Lp setup could not be read.",
)
paper.not_covered(
    "Predictions on the paper's own networks (Prosper, Dogster, Pokec, Livemocha, Flickr).",
    "The collections could not be reached; equilibrium --edges reads their files.",
)
