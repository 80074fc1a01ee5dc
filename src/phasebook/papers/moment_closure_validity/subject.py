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
)

paper.not_covered(
    "The paper's own networks, rates and figures.",
    "Only its abstract was at hand; a bistable, an oscillatory and a monostable network with rates of our own play their roles.",
)
