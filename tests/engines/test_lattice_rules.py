"""Rules as text: what they mean, that they are read back, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.engines import ContactRule, LatticeModel, NoDynamics, SiteRule, lattice_text, parse_lattice_model

EXAMPLE = """
# predators and prey, with a walker that annihilates
sigma = 1.5
species A, B
hop A @ 0.5
exchange @ 2
B -> B + B @ sigma      # birth
A + B -> A + A @ 0.8
A -> 0 @ 0.5
A + A -> 0 @ contact 0.25
"""


def test_statements_mean_what_they_say():
    model = parse_lattice_model(EXAMPLE)
    assert model.species == ("A", "B")
    assert model.hops == (0.5, 0.0)
    assert model.exchange == 2.0
    assert model.rules == (
        SiteRule(2, 0, 2, 2, 1.5),
        SiteRule(1, 2, 1, 1, 0.8),
        SiteRule(1, None, 0, None, 0.5),
    )
    assert model.contacts == (ContactRule(1, 1, (), 0.25),)
    assert parse_lattice_model(EXAMPLE, {"sigma": 3.0}).rules[0].rate == 3.0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("A + B -> B @ 1", SiteRule(1, 2, 0, 2, 1.0)),
        ("A + B -> A @ 1", SiteRule(1, 2, 1, 0, 1.0)),
        ("A + B -> C @ 1", SiteRule(1, 2, 3, 0, 1.0)),
        ("A + B -> 0 @ 1", SiteRule(1, 2, 0, 0, 1.0)),
        ("A + B -> 0 + B @ 1", SiteRule(1, 2, 0, 2, 1.0)),
        ("2A -> A @ 1", SiteRule(1, 1, 1, 0, 1.0)),
        ("A → ∅ @ 1", SiteRule(1, None, 0, None, 1.0)),
        ("0 -> A @ 1", SiteRule(0, None, 1, None, 1.0)),
        ("A -> 2 A @ 1e0", SiteRule(1, 0, 1, 1, 1.0)),
    ],
)
def test_products_stand_where_reactants_stood(text, rule):
    assert parse_lattice_model(text).rules == (rule,)


def test_a_product_of_a_contact_stands_on_the_site_that_was_hopped_to():
    table = parse_lattice_model("hop A, B @ 1\nA + B -> C @ contact").table
    for focal, other in ((1, 2), (2, 1)):
        assert (table.new_focal[focal, 0, other], table.new_neighbor[focal, 0, other]) == (0, 3)
    table = parse_lattice_model("hop A, B @ 1\nA + B -> C + 0 @ contact").table
    assert (table.new_focal[1, 0, 2], table.new_neighbor[1, 0, 2]) == (3, 0)
    assert (table.new_focal[2, 0, 1], table.new_neighbor[2, 0, 1]) == (0, 3)


def test_limits_are_shares_of_the_largest_total_rate():
    table = parse_lattice_model(EXAMPLE).table
    assert table.attempt_rate == pytest.approx(2 + 0.5 + 0.8 + 0.5)  # A exchanges, hops, hunts and dies
    for state, total in ((0, 2.0), (1, 3.8), (2, 3.5)):
        assert float(table.limits[state].max()) / 2**32 == pytest.approx(total / 3.8)


NAMES = st.sampled_from(["A", "B", "C", "prey", "species_1"])
RATES = st.floats(0.0, 1e6, allow_nan=False)


@settings(max_examples=60)
@given(st.lists(st.tuples(NAMES, NAMES, NAMES, RATES), min_size=1, max_size=6), RATES, RATES)
def test_a_model_is_read_back_from_its_text(reactions, hop, exchange):
    lines = [f"hop {reactions[0][0]} @ {hop!r}", f"exchange @ {exchange + 1!r}"]
    lines += [f"{a} + {b} -> {c} @ {rate!r}" for a, b, c, rate in reactions]
    model = parse_lattice_model("\n".join(lines))
    again = parse_lattice_model(lattice_text(model))
    for name in ("species", "rules", "contacts", "hops", "exchange"):
        assert getattr(model, name) == getattr(again, name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A + B @ 1", "line 1 of the rules can't be read"),
        ("hop A @ 1\nimport os", "line 2 of the rules can't be read"),
        ("A -> 0 @ speed", "'speed' must be a number or a parameter"),
        ("A -> 0 @ -1", "a rate must be finite and not negative; got -1.0"),
        ("hop A @ 1\nA + A -> 0 @ contact 1.5", "the probability of a contact must lie in"),
        ("hop A @ 1\nA -> 0 @ contact", "a contact has two particles"),
        ("A + B + C -> 0 @ 1", "a reaction has one or two reactants"),
        ("A -> B + C + A @ 1", "a reaction has one or two reactants and one or two products"),
        ("hop A @ 1\nA + B -> 0 @ contact\nB + A -> A @ contact", "the same pair of species"),
        ("k = 1\nk = 2\nA -> 0 @ k", "'k' is given twice"),
        ("x" * 30_000, "at most 20000 characters"),
    ],
)
def test_text_that_is_no_model_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_lattice_model(text)


@pytest.mark.parametrize("text", ["hop A @ 0\nA -> 0 @ 0", "A + A -> 0 @ contact"])
def test_a_model_without_dynamics_is_refused(text):
    with pytest.raises(NoDynamics):
        parse_lattice_model(text)


def test_unknown_parameters_are_refused():
    with pytest.raises(ValueError, match="must be among those of the text"):
        parse_lattice_model(EXAMPLE, {"lambda": 1.0})
    with pytest.raises(ValueError, match="identifier"):
        LatticeModel(("hop",), hops=(1.0,))
