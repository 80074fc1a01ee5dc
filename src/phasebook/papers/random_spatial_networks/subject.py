"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 1702.01252; formulas are derived"
DERIVED = "derived from the model of arXiv 1702.01252 and the edge-based theory of Miller, Slim and Volz 2012"

paper = Paper(
    "random-spatial-networks",
    notes=(
        "Nodes scattered in space, joined by distance and expected degree: neighbors are near, yet clustering vanishes like one "
        "over the number of nodes within a kernel length, and one edge in a hundred thrown anywhere makes the world small.",
        "The equations carry epidemics as pulled waves: their speed approaches c* from below as 3/(2λ*t), so a short run is "
        "always slow, and what a front leaves behind is the final size that theory gives without space.",
        "Fronts on networks are slower still, by about 1/ln² of the density: at 50 nodes per kernel length a third below c*, at "
        "3200 still a tenth.",
        "Fat-tailed edges break the front: the epidemic hops ahead and seeds patches, some sixteen by 5% infected on a million "
        "nodes, where a Gaussian kernel has one. That each then grows at a constant speed we could show for seven in ten only.",
        "That all edges of a node share its recovery changes neither speed nor attack rate, but the chance that one case starts an "
        "epidemic: 0.735 in place of 0.893 for five edges at equal rates.",
    ),
    stops="Below some ten nodes within a kernel length short cycles are common and everything here is too optimistic. Never expect "
    "c* itself: correct for time (Bramson) and for density. With fat tails the equations have no single jumps and overstate the "
    "spread at finite density: there, trust the network. Boundaries take edges away; experiments wrap them around.",
    own_data="phasebook run random-spatial-networks own-network --nodes nodes.csv --edges edges.csv --transmission 0.4 "
    "--recovery 0.2 --plot network.png   (nodes: id,x,y; edges: source,target; a list of cases x,y,t: own-cases --cases "
    "cases.csv; in Python: examples/networks_own_epidemic.py)",
    comparisons=("spatial_networks",),
)

paper.equation(
    "Edges",
    "p_ij = min{1, κ_i κ_j f(|x_i − x_j|) / (ϱ ⟨κ⟩)}",
    "nodes of density ϱ, expected degrees κ, kernel f with ∫f = 1",
)
paper.equation(
    "Clustering",
    "C = (⟨κ²⟩² / ⟨κ⟩³) J / ϱ,   J = ∬ f(x) f(y) f(x − y)",
    "it vanishes as the number of nodes within a kernel length grows",
)
paper.equation(
    "Epidemic, edge by edge",
    "∂Θ/∂t = −βΘ + γ(1 − Θ) + β ∫ f(|x − y|) Ψ′(Θ(y, t)) / Ψ′(1) dy,   S = Ψ(Θ)",
    "Θ: chance that an edge has not transmitted; Ψ(θ) = E e^(−κ(1 − θ)); transmission β, recovery γ",
)
paper.equation(
    "Threshold and final size",
    "R₀ = β/(β + γ) ⟨κ²⟩/⟨κ⟩,   Θ∞ = [γ + β Ψ′(Θ∞)/Ψ′(1)] / (β + γ)",
    "attack rate 1 − Ψ(Θ∞), as without space",
)
paper.equation(
    "Speed of the wave",
    "c* = min_λ [β ⟨κ²⟩/⟨κ⟩ M(λ) − (β + γ)] / λ,   c(t) = c* − 3/(2λ* t)",
    "M(λ) = ∫ f e^(λz): kernels with thin tails; without M the front accelerates",
)

paper.not_covered(
    "Random spatial networks have other uses than epidemics.",
    "The generator and the structure experiments serve them; no further dynamics is measured.",
)
