"""What the paper says, what was found, where it stops being true, and what is not covered."""

from ...claims import Paper

ABSTRACT = "abstract of arXiv 2212.00606; equations and numbers derived"
DERIVED = "derived from the model of arXiv 2212.00606"

paper = Paper(
    "dense-hebbian-supervised",
    notes=(
        "One number of the data decides, the dataset entropy ρ = (1 − r²)/(M·r²): at temperature 0, P = 3 and load 0.2 a memory "
        "learns the archetype where ρ < 0.526, at P = 4 and the same load only where ρ < 0.194. For examples of quality r = 0.2 "
        "that is 46 and 124 of them.",
        "With few examples the class mean is a lattice, not a Gaussian. At r = 0.8 and M = 3 the law of many examples promises "
        "0.906 where networks have 0.88, as the binomial law says; it is the default up to 200 examples.",
        "Memory and noise tolerance are one budget: noise of standard deviation τ on every coupling costs as much as τ² more "
        "classes, so that a network that recalls one class stands noise up to τ ∝ N^((P−1)/2).",
        "A higher order pays for its larger memory with examples: the noise of the other classes grows like (1 + ρ)^P.",
        "The threshold 'overlap one half' means little at quality one half: there a single example has that overlap already. "
        "It is sharp where r is small. For an overlap of 0.8 networks of 200 spins need 1.26 (load 0.1) and 1.29 (load 0.2) times "
        "as many examples as theory says, those of 400 spins 1.05 and 1.16.",
        "On real digits (10 classes) the network never beats the nearest class mean that it is built from: 0.38 for P = 2, 0.68 "
        "for P = 4, 0.78 for P = 10, against 0.85. Odd orders do better (0.78 for P = 3, 0.84 for 11): for even ones the negative "
        "of a class mean attracts as well. Without subtracting what the classes share, P = 2 and 4 recall next to nothing.",
    ),
    stops="Mean-field: N → ∞ with K ∝ N^(P−1) independent classes. A few hundred spins recall up to 0.02 less at P = 3, and near "
    "the threshold some of them leave the archetype altogether. Replicas are taken symmetric; at low temperature near the capacity "
    "one step of breaking would raise the overlap. Classes that resemble each other (images) are outside the theory; own-examples "
    "says so. Runs start at the archetype: a random start finds none when P > 2. The simulated orders go to 6.",
    own_data="phasebook run dense-hebbian-supervised own-examples --file examples.npz   (X: rows of ±1 or grey values, y: labels; "
    "or --file train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz; in Python: examples/spins_own_examples.py)",
    comparisons=("supervised_memory",),
)

paper.equation(
    "Examples",
    "η^{μ,a}_i = ξ^μ_i χ^{μ,a}_i,   P(χ = 1) = (1 + r)/2,   a = 1..M",
    "ξ^μ: archetypes; r: quality of the examples",
)
paper.equation(
    "Dataset entropy",
    "ρ = (1 − r²) / (M r²)",
    "the one number of the data that decides",
)
paper.equation(
    "Couplings",
    "−b H = (b/2) (P!/N^(P−1)) Σ_μ e_P(ψ^μ ∘ σ),   ψ^μ_i = Σ_a η^{μ,a}_i / (M √R),   R = r² (1 + ρ)",
    "class means of unit variance, distinct indices",
)
paper.equation(
    "Self-consistency",
    "m = E tanh g,   n = E[s tanh g],   q = E tanh² g,   g = (bP/2) n^(P−1) s + z √(c P q^(P−1))",
    "s: the class mean seen from the archetype, binomial (exact) or Gaussian (many examples); c = b²α/2",
)
paper.equation(
    "One step from the archetype",
    "m = erf( 1 / √(2 [ρ + α (P−1)! (1 + ρ)^P]) ),   α = K/N^(P−1)",
    "(1 + ρ)^P is the price of a higher order",
)
paper.equation(
    "Noise on the couplings",
    "K → K + τ²",
    "entries of standard deviation τ count as τ² more classes",
)

paper.not_covered(
    "The figures on MNIST and Fashion-MNIST.",
    "The images are not shipped; own-examples runs on their files, and the digits here stand in for them.",
)
paper.not_covered(
    "The exact form in which the paper inserts Plefka's expansion into the Monte Carlo.",
    "Its body could not be read; the standard second-order equations with a delayed reaction are used.",
)
paper.not_covered(
    "The proof by Guerra's interpolation.",
    "A proof, not a number; the formulas that it gives are the ones solved here.",
)
