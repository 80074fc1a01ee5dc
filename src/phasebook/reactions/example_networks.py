"""Small networks that stand for kinds of behavior: linear, monostable, bistable, oscillating, conserving, with feedback.

All use mass action without the factor 1 / s! (`combinatoric=False`), rates per unit time, and counts scale with `volume`.
"""

from collections.abc import Callable, Mapping

from .network import ReactionNetwork
from .text_format import parse_network


def birth_death(volume: float = 1.0, birth: float = 10.0, death: float = 1.0) -> ReactionNetwork:
    """Immigration and death: linear, so that closures are exact; the stationary law is Poisson of mean volume birth / death."""
    return parse_network("species X = 0 \n birth: 0 -> X, k1 \n death: X -> 0, k2", volume, {"k1": birth, "k2": death})


def pair_annihilation(volume: float = 1.0) -> ReactionNetwork:
    """Inflow and annihilation in pairs: one deterministic state, x = sqrt(k1 / (2 k2))."""
    return parse_network(
        "species X = 0 \n inflow: 0 -> X, k1 \n annihilation: 2X -> 0, k2", volume, {"k1": 1.0, "k2": 1.0}
    )


def schloegl(volume: float = 1.0) -> ReactionNetwork:
    """Schlögl's bistable reaction in one species: dx/dt = -(x - 1)(x - 2)(x - 4)."""
    text = """
    species X = 0
    autocatalysis: 2X -> 3X, k1
    recombination: 3X -> 2X, k2
    inflow: 0 -> X, k3
    outflow: X -> 0, k4
    """
    return parse_network(text, volume, {"k1": 7.0, "k2": 1.0, "k3": 8.0, "k4": 14.0})


def brusselator(volume: float = 100.0) -> ReactionNetwork:
    """Brusselator: a limit cycle where c2 > c4 + c1 (c3 / c4)^2.

    Rates of the documentation of MomentClosure.jl, after Schnoerr, Sanguinetti and Grima, J. Chem. Phys. 143, 185101 (2015);
    it starts with one molecule of each species.
    """
    text = """
    species X = 1
    species Y = 1
    autocatalysis: 2X + Y -> 3X, c1
    conversion: X -> Y, c2
    inflow: 0 -> X, c3
    outflow: X -> 0, c4
    """
    return parse_network(text, volume, {"c1": 0.9, "c2": 2.0, "c3": 1.0, "c4": 1.0})


def wilhelm(volume: float = 1.0) -> ReactionNetwork:
    """Smallest bistable network of bimolecular reactions (Wilhelm, BMC Syst. Biol. 3, 90, 2009); no molecules is absorbing."""
    text = """
    species X = 10
    species Y = 10
    release: Y -> 2X, k1
    conversion: 2X -> X + Y, k2
    degradation: X + Y -> Y, k3
    outflow: X -> 0, k4
    """
    return parse_network(text, volume, {"k1": 8.0, "k2": 1.0, "k3": 1.0, "k4": 1.5})


def dimerisation(volume: float = 1.0) -> ReactionNetwork:
    """Reversible dimerization of 100 molecules per volume; P + 2 P2 is conserved."""
    text = """
    species P = 100 * volume
    species P2 = 0
    dimerization: 2P <-> P2, k1, k2
    observable total = P + 2*P2
    """
    return parse_network(text, volume, {"k1": 0.001, "k2": 0.01})


def michaelis_menten(volume: float = 1.0) -> ReactionNetwork:
    """An enzyme turns substrate into product; E + ES and S + ES + P are conserved."""
    text = """
    species S = 100 * volume
    species E = 10 * volume
    species ES = 0
    species P = 0
    binding: S + E <-> ES, k1, k2
    catalysis: ES -> E + P, k3
    """
    return parse_network(text, volume, {"k1": 0.01, "k2": 0.1, "k3": 0.1})


def gene_feedback(volume: float = 1.0) -> ReactionNetwork:
    """A protein switches off its own gene: G <-> off by binding, transcription, translation, degradation."""
    text = """
    species G = 1
    species bound = 0
    species M = 0
    species P = 0
    binding: G + P <-> bound, kb, ku
    transcription: G -> G + M, km
    translation: M -> M + P, kp
    messenger_decay: M -> 0, dm
    protein_decay: P -> 0, dp
    """
    return parse_network(text, volume, {"kb": 0.01, "ku": 0.1, "km": 2.0, "kp": 5.0, "dm": 1.0, "dp": 0.1})


EXAMPLE_NETWORKS: Mapping[str, Callable[..., ReactionNetwork]] = {
    "birth-death": birth_death,
    "pair-annihilation": pair_annihilation,
    "schloegl": schloegl,
    "brusselator": brusselator,
    "wilhelm": wilhelm,
    "dimerisation": dimerisation,
    "michaelis-menten": michaelis_menten,
    "gene-feedback": gene_feedback,
}
