"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2601.17311; the formula is derived"
DERIVED = "derived from the ingredients of the abstract of arXiv 2601.17311"

paper = Paper(
    "multi-agent-synergy",
    notes=(
        "One number decides: the slope α of the bias map of one tree level. At α ≤ 1 depth washes a weak signal out, at α > 1 it "
        "grows to a fixed point; simulated trees follow the exact recursion to within their errors at every depth we tried.",
        "A team beats one agent with the whole budget only where ln α / ln b exceeds the agent's own scaling exponent β; for "
        "independent votes that exponent stays below 1/2, so no majority tree helps a weak agent with β ≥ 1/2.",
        "Trees grow by whole levels, so a team wins later than the closed-form budget threshold says, here by up to a third.",
        "The clipped predictor min(μ*, α^L μ₀) is an upper bound, by at most 47% on our grid: it promises too much.",
    ),
    stops="Where the agents of a node fail together and their channels do not, read shared=sent: the threshold moves. "
    "The closed-form allocation holds in the growth regime only; once μ₀ α^L would pass μ*, trust the exact search over depths "
    "beside it (experiment allocation). Agents of different nodes who fail together on the same tasks break the independence of "
    "subtrees, and the recursion.",
    own_data="phasebook run multi-agent-synergy own-team --answers answers.csv --messages messages.csv --budget 100000 "
    "--plot team.png   (columns agent,task,compute,correct and m,sent,received, or JSON; in Python: "
    "examples/populations_own_team.py)",
    comparisons=("voting_tree",),
)

paper.equation(
    "An agent",
    "E[X] = μ₀(x) = min(1, a x^β),   X = ±1",
    "x: compute per leaf; the task's label is +1, so that accuracy is (1 + μ)/2",
)
paper.equation(
    "One level of the tree",
    "F(μ) = ρ γ μ + (1 − ρ) f_b(γ μ)",
    "γ(m): fidelity of a message of m tokens; ρ: chance that the b messages of a node fail together; f_b: bias of a majority of b",
)
paper.equation(
    "Control scalar",
    "α = F′(0) = γ [ρ + (1 − ρ) κ_b],   κ_b = b C(b−1, (b−1)/2) / 2^(b−1)",
    "α ≤ 1: depth washes the signal out; α > 1: it grows to the fixed point μ* = F(μ*)",
)
paper.equation(
    "Depth L",
    "μ_L = F(F(…F(μ₀))) ≈ min(μ*, α^L μ₀)",
    "the recursion is exact for finite trees; the clipped form is an upper bound",
)
paper.equation(
    "Allocation of a budget",
    "B = N (x + m′),   x* = β m′ / (s − β),   s = ln α / ln b",
    "N leaves, m′ the price of a leaf's messages; a team wins only where s > β",
)

paper.not_covered(
    "The same mechanisms explain the bottlenecks reported in matched-budget studies of language agents.",
    "It takes those studies' records of answers and messages; own-team reads such records.",
)
paper.not_covered(
    "The clipped predictor is conservative.",
    "The abstract doesn't say on which side; predictor-bound measures its error, and it lies above the exact bias.",
)
paper.not_covered(
    "Prompts that fill the context window make an agent worse.",
    "The window enters as the constraint b·m ≤ W of the design search alone; degradation inside it is not modeled.",
)
