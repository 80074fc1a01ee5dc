"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2510.05228"
RELEASED = "grades released with arXiv 2510.05228 (github.com/JamesRoggeveen/cmt_benchmark_data, commit 2498e1c)"
TEXTBOOK = "textbook"

paper = Paper(
    "cmt-benchmark",
    notes=(
        "The published scores follow from the released grades: the best model solves 15 of 50, the mean over 17 models is "
        "11.4%, 18 problems fall to none of them.",
        "Fifty problems do not resolve the podium. The best model is told from 3 of the other 16 only, after correction for "
        "the 136 pairs; to tell it from the second (7 problems only one solves, 5 only the other) 1,219 problems would be "
        "needed.",
        "The published error of the mean, 2.1%, holds the problems fixed. That other problems could have been asked raises it "
        "to 3.0%.",
        "The problems differ far more than the models: were all equally hard, 6 and not 18 would be unsolved, and one is "
        "solved by 13 of 17, which chance would give once in 300 million benchmarks.",
        "The parser alone moves a model by more than the podium's gaps: 11 of one model's 50 replies could not be read by it.",
        "Graded anew here, the 850 released replies get the released grade in 793 of the 795 cases that both programs read. One of "
        "the two that differ wrote p_(iσ) for p_(i,σ) and is right, so that GPT-5-mini solves 13 problems, as many as o3; the "
        "solution of the other was corrected after the grading (Claude 3.7 Sonnet then solves 4, not 3).",
        "Operators are compared exactly, by products of normal forms in closed form: (b†b)^10 takes a millisecond, where swapping "
        "neighbors does not end. A grader in which all letters commute errs on more than 40 pairs of our table of answers.",
        "Ground truth is a measurement: 26 kinds of problems are generated from a seed, and one is admitted only where two "
        "independent solvers agree on its answer.",
    ),
    stops="A score here is one reply per problem: repeat with other seeds (phasebook benchmark --seeds) and give all "
    "replies to report, which then compares models problem by problem. Intervals hold the grader to be right; read the share "
    "of unread replies beside each score, and count hand grading as hand grading. Formulas are read by a grammar of fixed "
    "words: integrals, derivatives, limits and text in a box are unparsed. Spins are diagonalized as far as memory allows, "
    "which the refusal states in bytes; quantum Monte Carlo needs bipartite lattices.",
    own_data="phasebook benchmark --endpoint http://localhost:8000/v1 --model my-model --out replies, or, with replies that you "
    "have, phasebook grade replies.jsonl --problems problems.jsonl --out graded.jsonl; then phasebook run cmt-benchmark report "
    "--graded graded.jsonl --plot report.png",
    comparisons=("normal_ordering", "exact_diagonalization", "startup"),
)

paper.equation(
    "Score of a model",
    "[p + z²/2n ± z √(p(1 − p)/n + z²/4n²)] / (1 + z²/n)",
    "Wilson's interval around the share p of n problems that it solves; z = 1.96",
)
paper.equation(
    "Two models",
    "P = min(1, 2 Σ_(k ≤ min(b, c)) C(b + c, k) / 2^(b + c))",
    "exact McNemar test; b, c: problems that only the first, only the second solves; Holm's correction over all pairs",
)
paper.equation(
    "Error of the mean",
    "(MN)² Var = (1 − 1/N) Σ_m R_m² + (1 − 1/M) Σ_j C_j² + T − (1/M + 1/N − 1/MN) T²",
    "M models and N problems both resampled; R_m solved by model m, C_j solvers of problem j, T their sum; derived here",
)

paper.equation(
    "Normal order of bosons",
    "(b†^p b^q)(b†^r b^s) = Σ_k k! C(q, k) C(r, k) b†^(p+r−k) b^(q+s−k)",
    "products of normal forms, never swaps of neighbors; fermions by contracted pairs with their signs",
)
paper.equation(
    "Equality of operators",
    "R = S   if and only if   R − S has an empty normal form",
    "for every pattern of equal indices; coefficients are compared exactly, or at 12 points with 50 digits",
)
paper.equation(
    "Energy by series expansion",
    "E = −⟨n⟩/β + N_b/4",
    "n: operators in the string of a bipartite Heisenberg lattice with N_b bonds at inverse temperature β",
)

paper.not_covered(
    "The 50 problems are at the level of research and were validated by experts.",
    "They are the authors' to publish. A user's copy of all 50 loads unchanged: phasebook grade replies.jsonl --problems "
    "cmt_data.yaml --algebra fermion.",
)
paper.not_covered(
    "Scores of the 17 models, asked anew.",
    "It takes access to these models; phasebook benchmark asks any endpoint that the user names, and the released grades "
    "are evaluated again here.",
)
