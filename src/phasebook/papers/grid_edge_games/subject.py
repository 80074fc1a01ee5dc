"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2503.07984 (in words, without numbers)"
DERIVED = "derived from the setting of arXiv 2503.07984"

paper = Paper(
    "grid-edge-games",
    notes=(
        "Because the price is the marginal cost of supply, households that take it as given minimize one cost together without "
        "knowing it: equilibrium prices are the multipliers of a convex program. On the benchmark day a fleet of 100 MWh and 40 MW "
        "lowers the peak from 260.0 to 224.7 MW and the variance of prices by 52.7%.",
        "Learning reaches it where few plan anew at a time: with one in k on day k, realized prices lie within 0.03 $/MWh of the "
        "program after 300 days, and what an agent could still save falls like 1/k. A constant 5% a day stops at 0.2 $/MWh.",
        "Where all plan anew each day against yesterday's prices, prices jump between two days forever, 8 $/MWh off: the new peak "
        "stands where the old valley was. Averaged beliefs calm the beliefs, not the prices (3.4 $/MWh off).",
        "No common plan is an equilibrium, not even against the converged prices: if all follow the best one, some "
        "hour is 7 $/MWh off. The equilibrium is a mixture of plans over the population.",
        "Batteries shave prices only where prices spread by more than the round trip loses: on the 14-bus case at its own load "
        "they stay idle (prices differ by 3% over the day, the best of them loses 4%), and work at one and a half times that load.",
        "Households are price takers at little cost: one of N that foresees its own effect on the price gains 0.11/N "
        "of what it earns.",
    ),
    stops="All households take the price as given and see the same prices; one that moves the price would trade less. Load and "
    "panels drop out of a plan because buying and selling have one price; an export tariff would bring them back. Reading the "
    "equilibrium off the convex program needs a supply curve that never falls, and no hour with a negative price in which wasting "
    "energy would pay. Batteries of one group must be scaled copies of each other. Lines are in the direct-current approximation.",
    own_data="phasebook run grid-edge-games own-day --load hours.csv --storage-energy 50 --storage-power 20 --plot day.png   "
    "(columns time,load,pv in MW, ISO times with offset; own networks: dispatch --case case.m; in Python: "
    "examples/populations_own_prices.py)",
    comparisons=("electricity",),
)

paper.equation(
    "A battery",
    "s_{h+1} = s_h + η c_h − u_h / η,   0 ≤ c_h, u_h ≤ p̄,   0 ≤ s_h ≤ ē",
    "c, u: charging and discharging at the meter in hour h; s: state of charge; η: one-way efficiency; the day is cyclic",
)
paper.equation(
    "A household's day",
    "min Σ_h p_h q_h,   q_h = d_h − g_h + c_h − u_h",
    "p: believed price; q: net purchase; load d and panels g drop out of the plan, as one price holds for both directions",
)
paper.equation(
    "Value of stored energy",
    "V_h(s) = min_m [ cost_h(m) + V_{h+1}(s + m) ],   charge while −V′ > (p_h + κ)/η, discharge while −V′ < (p_h − κ) η",
    "m: change of charge; κ: wear per MWh; V is convex for p ≥ 0, so that an hour merges two prices into the sorted slopes of V",
)
paper.equation(
    "Market",
    "p = a + b N,   or the multiplier of the balance in min Σ_g (c2 P_g² + c1 P_g) with limits of lines and generators",
    "N: net load, with all batteries; on a network each bus has its own price, λ − Σ_l H_ln ν_l",
)
paper.equation(
    "Learning, day k",
    "with chance q_k: plan anew against b;   b ← b + α (p − b)",
    "each agent on its own clock; q_k = 1/(k + 2) makes the mean field U ← (1 − q) U + q BR(b), fictitious play",
)
paper.equation(
    "Equilibrium",
    "min Σ_h C(N_h + c_h − u_h),   p* = C′(N + c − u)",
    "C: cost of supply; a potential game, derived here: the batteries' conditions are those of households at the prices p*",
)
paper.equation(
    "Exploitability",
    "cost of the day + V(s′) − V(s) − ρ,   mean over agents",
    "V, ρ: relative values and least daily cost at the realized prices; from charge s to s′ over the day; never negative",
)

paper.not_covered(
    "A mean-field equilibrium exists under the paper's conditions.",
    "On each market here the convex program exhibits one; the paper's proof and its conditions could not be read.",
)
paper.not_covered(
    "Case studies of the paper with its own data of demand, sun and shocks.",
    "The body and its data could not be had; the network, the fleet and the days here are ours.",
)
