"""Rewriting: published and hand-countable cases, two independent matchers, invariances, wrong input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import information
from phasebook.information import rewriting as engine
from phasebook.information.canonical_forms import Structure, canonical_form, isomorphic

WOLFRAM = "{{x,y},{x,z}} -> {{x,z},{x,w},{y,w},{z,w}}"


def runs(rule, state, orders=30, **options):
    rules, start = information.rules_and_state(rule, state)
    return [information.rewrite(rules, start, order="random", seed=seed, **options) for seed in range(orders)]


def classes(found):
    return len(set(information.causal_classes([run.causal_graph for run in found])))


def test_sorting_makes_one_event_for_each_inversion_in_any_order():
    found = runs("BA -> AB", "BBABAABA")
    assert {run.events for run in found} == {12}
    assert {run.final_text for run in found} == {"AAAABBBB"}
    assert classes(found) == 1
    assert len({run.causal_graph.canonical() for run in found}) == 1


@settings(max_examples=30, deadline=None)
@given(word=st.text("AB", min_size=2, max_size=12), order=st.sampled_from(["standard", "random", "reverse"]))
def test_events_count_inversions(word, order):
    inversions = sum(a > b for a, b in itertools.combinations(word, 2))
    rules, state = information.rules_and_state("BA -> AB", word)
    if inversions == 0:
        with pytest.raises(information.NoMatch, match="no rule matches"):
            information.rewrite(rules, state, order=order)
        return
    found = information.rewrite(rules, state, order=order)
    assert found.events == inversions
    assert found.final_text == "".join(sorted(word))


def test_a_unique_end_does_not_make_one_causal_graph():
    found = runs("BA -> AB; BB -> A", "BBABAABA")
    assert {run.final_text for run in found} == {"AAAAAA"}
    assert classes(found) >= 3
    found = runs("AA -> A", "AAAAA", orders=100)
    assert {run.events for run in found} == {4}
    assert classes(found) == 3


def test_one_relation_grows_a_binary_tree():
    found = runs("{{x,y}} -> {{x,y},{y,z}}", "{{0,0}}", orders=5, generations=5)
    for run in found:
        assert run.events == 31
        assert len(run.final_state) == 32
        assert run.nodes == 32  # the loop's one node, and one new node an event
        assert len(run.causal_graph.edges) == 30
        assert np.bincount(run.causal_graph.edges[:, 0], minlength=31).max() == 2
    assert classes(found) == 1


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rule=st.sampled_from(
        [WOLFRAM, "{{x,y},{y,z}} -> {{x,z},{z,y}}", "{{x,x},{x,y}} -> {{y,x}}; {{x,y}} -> {{y,z},{z,x}}"]
    ),
)
def test_the_engine_takes_matches_that_plain_backtracking_finds(seed, rule):
    generator = np.random.default_rng(seed)
    rules = information.parse_rules(rule)
    state = tuple(information.Relation("", tuple(map(int, pair))) for pair in generator.integers(0, 4, (6, 2)))
    reached = {information.canonical_state(rules, each)[0] for each in information.successors(rules, state)}
    if not reached:
        return
    seen = set()
    for number in range(60):
        run = information.rewrite(rules, state, order="random", events=1, seed=number)
        seen.add(information.canonical_state(rules, run.final_state)[0])
    assert seen <= reached
    if len(reached) <= 6:
        assert seen == reached


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), order=st.sampled_from(["standard", "random", "reverse"]))
def test_every_edge_is_consumed_once_and_causes_come_before_effects(seed, order):
    rules, state = information.rules_and_state(WOLFRAM, "{{0,0},{0,0}}")
    run = information.rewrite(rules, state, order=order, events=200, seed=seed)
    consumed = run.consumer[run.consumer >= 0]
    assert np.array_equal(np.bincount(consumed, minlength=run.events), np.full(run.events, 2))
    assert len(run.final_state) == 2 + 2 * run.events
    both = (run.creator >= 0) & (run.consumer >= 0)
    assert (run.creator[both] < run.consumer[both]).all()
    assert np.array_equal(run.causal_graph.depth, run.generation)
    assert run.truncated


def test_the_standard_order_goes_generation_by_generation_and_the_reverse_one_into_the_depth():
    rules, state = information.rules_and_state(WOLFRAM, "{{0,0},{0,0}}")
    standard = information.rewrite(rules, state, events=500)
    assert (np.diff(standard.generation) >= 0).all()
    assert information.rewrite(rules, state, order="reverse", events=500).generation.max() == 500


def test_random_orders_draw_every_match_alike():
    rules, state = information.rules_and_state("{{x,y},{x,z}} -> {{y,z}}", "{{0,1},{0,2},{0,3}}")
    counts = {}
    for seed in range(3000):
        run = information.rewrite(rules, state, order="random", events=1, seed=seed)
        key = run.final_state[-1].nodes
        counts[key] = counts.get(key, 0) + 1
    assert len(counts) == 6
    # Chi-squared with 5 degrees of freedom: 20.5 is exceeded once in a thousand.
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 20.5


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), nodes=st.integers(2, 9), edges=st.integers(1, 14))
def test_renaming_keeps_canonical_forms(seed, nodes, edges):
    generator = np.random.default_rng(seed)
    pairs = generator.integers(0, nodes, (edges, 2))
    first = Structure(nodes, np.zeros(edges, np.int64), pairs)
    names = generator.permutation(nodes)
    second = Structure(nodes, np.zeros(edges, np.int64), names[pairs][generator.permutation(edges)])
    assert canonical_form(first) == canonical_form(second)
    assert isomorphic(first, second)
    other = pairs.copy()
    other[0, 0] = (other[0, 0] + 1) % nodes
    third = Structure(nodes, np.zeros(edges, np.int64), other)
    assert isomorphic(first, third) == (canonical_form(first) == canonical_form(third))


def test_refinement_alone_would_confuse_two_triangles_and_a_hexagon():
    triangles = np.array([[0, 1], [1, 2], [2, 0], [3, 4], [4, 5], [5, 3]])
    hexagon = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0]])
    first, second = (Structure(6, np.zeros(6, np.int64), each) for each in (triangles, hexagon))
    assert information.isomorphism_classes([first, second, first]) == [0, 1, 0]
    assert canonical_form(first) != canonical_form(second)


@pytest.mark.parametrize("seed", range(12))
def test_what_refinement_cannot_tell_apart_is_searched(seed):
    """Cycles of 3, 3 and 6, every node like every other; and Frucht's kind of graphs, cubic without order."""
    generator = np.random.default_rng(seed)
    cycles = [[a + k, a + (k + 1) % n] for a, n in ((0, 3), (3, 3), (6, 6), (12, 4), (16, 4)) for k in range(n)]
    cubic = [[k, (k + 1) % 8] for k in range(8)] + [[0, 2], [1, 5], [3, 6], [4, 7]]
    for pairs in (np.array(cycles), np.array([*cubic, *(pair[::-1] for pair in cubic)])):
        nodes = int(pairs.max()) + 1
        kind = np.zeros(len(pairs), np.int64)
        first, second = (Structure(nodes, kind, generator.permutation(nodes)[pairs]) for _ in range(2))
        assert canonical_form(first) == canonical_form(second)
        assert isomorphic(first, second)


def test_directions_count():
    """A cycle of three and a transitive triangle have the same undirected edges."""
    cycle, ordered = (np.array(pairs) for pairs in ([[0, 1], [1, 2], [2, 0]], [[0, 1], [1, 2], [0, 2]]))
    first, second = (Structure(3, np.zeros(3, np.int64), each) for each in (cycle, ordered))
    assert canonical_form(first) != canonical_form(second)
    assert not isomorphic(first, second)


def test_edges_are_tokens():
    """The same relation twice: one token cannot be taken twice, two can."""
    rules = information.parse_rules("{{x,y},{x,y}} -> {{x,y}}")
    with pytest.raises(information.NoMatch):
        information.rewrite(rules, information.parse_state("{{0,1}}", "hypergraph"))
    found = information.rewrite(rules, information.parse_state("{{0,1},{0,1},{0,1}}", "hypergraph"))
    assert found.events == 2
    assert found.final_text == "{{0,1}}"


@pytest.mark.parametrize(
    ("rule", "pairs", "passes", "words"),
    [
        ("BA -> AB", 0, True, "causally invariant"),
        ("{{x,y}} -> {{x,y},{y,z}}", 0, True, "causally invariant"),
        ("AA -> A", 1, True, "locally confluent"),
        ("BA -> AB; BB -> A", 2, True, "locally confluent"),
        ("AB -> A; BA -> B", 2, False, "not confluent"),
        ("A -> B; A -> C", 1, False, "not confluent"),
        ("{{x,y}} -> {{x,x}}; {{x,y}} -> {{y,y}}", 1, False, "not confluent"),
        (WOLFRAM, 4, False, "undecided"),
        ("{{x,y},{y,z}} -> {{x,y},{y,z},{x,z}}", 4, True, "locally confluent"),
    ],
)
def test_critical_pairs(rule, pairs, passes, words):
    verdict = information.pair_verdict(information.parse_rules(rule), 2)
    assert (len(verdict.pairs), verdict.passes) == (pairs, passes)
    assert verdict.text.startswith(words)


def test_newman_s_lemma_on_strings():
    """Terminating rules that pass the pair test have one normal form."""
    for rule in ("AA -> A", "BA -> AB; BB -> A", "AB -> B; BA -> B; BB -> B"):
        rules = information.parse_rules(rule)
        if not information.pair_verdict(rules, 3).passes:
            continue
        for word in ("".join(letters) for letters in itertools.product("AB", repeat=5)):
            found = information.explore(rules, information.parse_state(word, "string"))
            assert found.terminating
            assert len(found.normal_forms) == 1


def test_rules_are_written_as_they_are_read():
    for text in ("BA -> AB", "BA -> AB; BB -> A"):
        assert information.rules_text(information.parse_rules(text)) == text
    rules = information.parse_rules("{{x,y},{x,z}}→{{x,z},{x,w},{y,w},{z,w}};")
    assert information.parse_rules(information.rules_text(rules)) == rules
    assert rules == information.parse_rules(WOLFRAM)
    assert (
        information.state_text(information.parse_state("{{a,b},{b,7}}", "hypergraph"), "hypergraph") == "{{0,1},{1,2}}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{x,y}} -> {{x,y,z}}", "column 13: a relation of 3 nodes on the right, but left-hand sides take 2"),
        ("{} -> {{x,y}}", "column 1: the left-hand side must hold at least one relation"),
        ("{{x,y}}", "column 7: a rule is LEFT -> RIGHT"),
        ("BA - AB", "column 4: '-' belongs to no rule"),
        ("{{x,y} -> {{x,y}}", "column 6: the left-hand side needs ',' here; got the end"),
        ("{{x,}} -> {{x,y}}", "column 5: the left-hand side needs a node's name"),
        ("{{x,y}}} -> {{x,y}}", "column 8: '}' behind the end"),
        ("AB ->", "must not be empty; what is deleted"),
        (" -> AB", "the left-hand side of a string rule must not be empty|one arrow"),
        ("A B -> C", "column 3: the left-hand side of a string rule must be letters"),
        ("A1 -> A", "must be letters"),
        ("A -> B -> C", "with one arrow"),
        ("", "column 1: a rule is LEFT -> RIGHT"),
        ("{{x,y}} -> {{x,y}}; ; {{x,y}} -> {{x,y}}", "one arrow"),
    ],
)
def test_rules_that_cannot_be_read_name_the_column(text, message):
    with pytest.raises(information.RuleSyntaxError, match=message):
        information.parse_rules(text)


@pytest.mark.parametrize(
    ("rule", "state", "message"),
    [
        ("{{x,y},{x,z}} -> {{y,z}}", "{{0,1}}", "start from one where the left-hand side of"),
        ("{{x,y}} -> {{y,x}}", "{{0,1,2}}", "it has no relation of 2 nodes"),
        ("BA -> AB", "AAA", "it has no letter B"),
    ],
)
def test_a_rule_that_never_matches_says_what_to_look_at(rule, state, message):
    with pytest.raises(information.NoMatch, match=message):
        information.rewrite(*information.rules_and_state(rule, state))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: information.parse_state("", "string"), "must not be empty"),
        (lambda: information.parse_state("{{0,1}}", "string"), "must be letters"),
        (lambda: information.parse_state("{}", "hypergraph"), "at least one relation"),
        (lambda: runs("BA -> AB", "BA", 1, events=0), "events must be an integer in"),
        (
            lambda: information.rewrite(*information.rules_and_state("BA -> AB", "BA"), order="x"),
            "order must be one of",
        ),
        (lambda: information.pair_verdict(information.parse_rules("A -> B"), 99), "steps must be an integer"),
    ],
)
def test_wrong_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_cap_is_never_silent():
    found = runs("A -> AA", "A", 1, events=20)[0]
    assert found.truncated
    assert found.outcome == "event cap"
    assert runs("A -> AA", "A", 1, events=20, generations=3)[0].outcome == "generation limit"
    assert not runs("AA -> A", "AAA", 1, events=2)[0].truncated


@pytest.mark.parametrize("order", ["standard", "reverse"])
def test_sweeping_the_pool_changes_nothing(order):
    rules, state = information.rules_and_state(WOLFRAM, "{{0,0},{0,0}}")
    kinds = (("", 2),)
    compiled = engine.compile_rules(rules, kinds)
    roomy = information.rewrite(rules, state, order=order, events=400)
    rooms = [24, 1000, *range(3000, 6600, 600)]
    tight = [engine._run(rules, compiled, kinds, state, order, 400, 0, 0, room) for room in rooms]
    assert tight[0] is None
    finished = [run for run in tight if run is not None]
    assert len(finished) >= 2
    for run in finished:
        assert np.array_equal(run.edge_nodes, roomy.edge_nodes)
        assert np.array_equal(run.consumer, roomy.consumer)


def test_random_orders_stay_fair_in_a_pool_that_is_swept():
    """{{x}} -> {{y},{z}} draws each living relation alike: ages of what is consumed are those of a pure birth process."""
    rules, state = information.rules_and_state("{{x}} -> {{y}}; {{x}} -> {{z}}", "{{0},{1},{2},{3},{4}}")
    compiled = engine.compile_rules(rules, (("", 1),))
    run = engine._run(rules, compiled, (("", 1),), state, "random", 4000, 0, 7, 32)
    assert run.events == 4000
    waits = np.diff(np.sort(run.consumer[run.consumer >= 0]))
    assert (waits == 1).all()
    ages = (run.consumer - run.creator)[(run.creator >= 0) & (run.consumer >= 0)]
    # Five relations live at any time: ages are geometric with mean 5.
    assert ages.mean() == pytest.approx(5.0, abs=7 * 20**0.5 / 4000**0.5)
    assert np.bincount(run.event_rule)[0] == pytest.approx(2000, abs=7 * 1000**0.5)
