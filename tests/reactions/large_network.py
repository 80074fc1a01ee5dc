"""A large sparse network, as lines of text: 2000 species, 10,000 reactions, 100 rate constants."""

SPECIES, REACTIONS, PARAMETERS = 2000, 10_000, 100


def sides(number: int) -> tuple[list[int], list[int]]:
    """Indices of reactants (one or two) and of the product of a reaction."""
    reactants = [number % SPECIES, (7 * number + 1) % SPECIES][: 1 + number % 2]
    return reactants, [(3 * number + 5) % SPECIES]


def as_text() -> str:
    lines = [f"k{p} = {0.01 * (p + 1)}" for p in range(PARAMETERS)] + [
        f"species X{s} = {s % 7}" for s in range(SPECIES)
    ]
    for number in range(REACTIONS):
        left, right = (" + ".join(f"X{index}" for index in side) for side in sides(number))
        lines.append(f"{left} -> {right}, 0.5*k{number % PARAMETERS}")
    return "\n".join(lines)


def as_bionetgen() -> str:
    lines = ["begin parameters", *(f"{p + 1} k{p} {0.01 * (p + 1)}" for p in range(PARAMETERS)), "end parameters"]
    lines += ["begin species", *(f"{s + 1} X{s}() {s % 7}" for s in range(SPECIES)), "end species", "begin reactions"]
    for number in range(REACTIONS):
        left, right = (",".join(str(index + 1) for index in side) for side in sides(number))
        lines.append(f"{number + 1} {left} {right} 0.5*k{number % PARAMETERS} #_R{number}")
    return "\n".join([*lines, "end reactions"])
