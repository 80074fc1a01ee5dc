"""Every script in examples/ runs as a user runs it: without arguments, on a file, and on wrong input."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
MIXTURE, TEAM = "inference_own_mixture.py", "populations_own_team.py"
NETWORK = "reactions_own_network.py"
PATTERNS = "spins_own_patterns.py"
LATTICE = "reactions_own_lattice.py"
RING = "networks_own_phases.py"
COUPLINGS = "networks_own_couplings.py"
MEMORY = "spins_own_examples.py"
EPIDEMIC = "networks_own_epidemic.py"
SAMPLER = "transport_own_sampler.py"
GAME = "populations_own_game.py"
PRICES = "populations_own_prices.py"
SERIES = "sequences_own_series.py"
EVENTS = "sequences_own_events.py"
POTENTIAL = "transport_own_potential.py"
CLOUDS = "transport_own_point_clouds.py"
CHANNEL = "information_own_channel.py"
REGULATOR = "information_own_regulator.py"
BONDS = "quantum_own_lattice.py"
CHAIN = "quantum_own_chain.py"
ANSWERS = "quantum_own_answers.py"
ARGUMENTS = {
    ANSWERS: [DATA / "own_problems.jsonl", DATA / "own_replies.jsonl"],
    CHAIN: [DATA / "own_chain.csv", "--observables", "ZXZ", "--beta", "0.4"],
    BONDS: [DATA / "spin_bonds.csv", "--temperatures", "0.5"],
    CHANNEL: [DATA / "channel_curve.csv", "--sites", "2"],
    REGULATOR: [DATA / "pump_observer.csv", "--rule", "{{x,y}} -> {{x,y},{y,z}}", "--state", "{{0,0}}"],
    CLOUDS: [DATA / "cloud_start.npy", DATA / "cloud_end.npy", "--steps", "300", "--coupling", "independent"],
    POTENTIAL: [DATA / "mixture_samples.csv", "--steps", "20", "--weights", "1"],
    SAMPLER: [DATA / "sampler_points.npy", DATA / "sampler_trajectories.npz", "--window", "5"],
    GAME: ["--congestion", "1", "--players", "50"],
    EVENTS: [DATA / "own_events.csv", "--epochs", "20"],
    SERIES: [DATA / "rough_series.csv", "--at", "0.251"],
    PRICES: [DATA / "grid_hours.csv", "--fleet-energy", "50"],
    EPIDEMIC: [DATA / "spatial_nodes.csv", DATA / "spatial_edges.csv", "--cases", DATA / "spatial_cases.csv"],
    MEMORY: [DATA / "labeled_examples.npz", "--orders", "3", "4"],
    PATTERNS: [DATA / "patterns.npy", "--orders", "2,3", "--temperature", "0.2"],
    COUPLINGS: [DATA / "couplings.csv", "--activity", DATA / "activity.npy", "--dynamics", "discrete"],
    RING: [DATA / "ring_phases.npz", "--flat", "--arcs", "4"],
    MIXTURE: [DATA / "mixture_samples.csv", "--components", "2", "--sigma", "1"],
    TEAM: [DATA / "team_answers.csv", DATA / "team_messages.json"],
    NETWORK: [DATA / "bionetgen" / "multistate.net", "--time", "1", "--trajectories", "400", "--tolerance", "0.2"],
    LATTICE: [DATA / "lattice_rules.txt", DATA / "lattice_frames.npy", "--time", "20"],
}


def is_refused(script, arguments, message):
    """Wrong input ends the script with exit code 1 and one sentence."""
    finished = run(script, *arguments)
    assert finished.returncode == 1
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, ROOT / "examples" / script, *arguments], capture_output=True, text=True, timeout=120
    )


def output(script, *arguments):
    finished = run(script, *arguments)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout


def number(text, label):
    """The first number of the line that begins with a label."""
    return float(re.search(rf"^ *{re.escape(label)}\D*?(-?\d+\.?\d*)", text, re.MULTILINE)[1])


def errors(text):
    """The table's errors per assumed noise level: theory, samples."""
    rows = re.findall(r"^ +(\d\.?\d*)(?: \(k-means\))? +(\d\.\d{4}) +(\d\.\d{4})", text, re.MULTILINE)
    return {float(ratio): (float(theory), float(samples)) for ratio, theory, samples in rows}


def test_every_script_is_run_here():
    assert {file.name for file in (ROOT / "examples").glob("*.py")} == set(ARGUMENTS)


def test_mixtures_on_synthetic_samples():
    text = output(MIXTURE)
    assert number(text, "noise level sigma") == pytest.approx(1.0, abs=0.02)
    assert number(text, "signal-to-noise ratio") == pytest.approx(1.0, abs=0.1)
    assert number(text, "means collapse from") == pytest.approx(1.5**0.5, abs=0.03)
    table = errors(text)
    assert sorted(table) == [0.0, 0.5, 0.8, 1.0, 1.2, 1.5]
    assert table[1.0] == (0.0, 0.0)
    assert table[1.5] == (1.0, 1.0)
    for theory, samples in table.values():
        assert samples == pytest.approx(theory, abs=0.02)
    assert "k-means would hurt" in text


def test_mixtures_with_another_number_of_means():
    text = output(MIXTURE, "--components", "2")
    assert "20000 in 4 dimensions, 2 components" in text


def test_mixtures_on_a_file():
    text = output(MIXTURE, *ARGUMENTS[MIXTURE])
    assert "800 in 2 dimensions, 2 components" in text
    # Means ±1.5 with noise 1, from 800 samples.
    assert number(text, "signal-to-noise ratio") == pytest.approx(2.25, abs=0.4)
    assert number(text, "means collapse from") == pytest.approx(3.25**0.5, abs=0.15)
    assert number(text, "labels found") == pytest.approx(0.9332, abs=0.02)
    table = errors(text)
    assert table[0.5][0] > table[0.8][0] > table[1.0][0] == 0.0
    assert table[1.5][0] > table[1.2][0] > 0.0
    for theory, samples in table.values():
        assert samples == pytest.approx(theory, abs=0.05)


def test_teams_on_synthetic_records():
    text = output(TEAM)
    assert number(text, "exponent beta") == pytest.approx(0.2, abs=0.05)
    assert number(text, "correlation rho") == pytest.approx(0.1, abs=0.05)
    assert "use the team" in text or "use one agent" in text


def test_teams_on_files():
    text = output(TEAM, *ARGUMENTS[TEAM])
    assert 0 < number(text, "exponent beta") < 1
    assert 0.5 <= number(text, "one agent") <= 1
    assert number(text, "best team") >= 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.csv"], "path names no file: 'none.csv'"),
        ([DATA / "team_messages.json"], "path must end in .npy, .csv, .parquet or .mrc; got 'team_messages.json'"),
        ([DATA / "team_answers.csv"], "team_answers.csv must hold numbers, the same count in every row"),
        ([DATA / "mixture_samples.csv"], "sigma cannot be estimated from 2 dimensions and 3 components"),
        ([DATA / "mixture_samples.csv", "--sigma", "0"], "sigma must be a positive number; got 0.0"),
        (
            [DATA / "mixture_samples.csv", "--sigma", "1", "--components", "1"],
            "components must be an integer of at least",
        ),
        ([DATA / "mixture_samples.csv", "--sigma", "9", "--components", "2"], "the samples show no 2 means at sigma=9"),
    ],
)
def test_wrong_input_to_the_mixture_script_ends_in_one_sentence(arguments, message):
    is_refused(MIXTURE, arguments, message)


@pytest.mark.parametrize("arguments", [[DATA / "none.csv", DATA / "none.json"], [DATA / "team_answers.csv"]])
def test_wrong_input_to_the_team_script_ends_in_an_error(arguments):
    finished = run(TEAM, *arguments)
    assert finished.returncode != 0
    assert "Traceback" not in finished.stderr


def test_trust_in_theory_of_a_synthetic_network():
    text = output(NETWORK, "--time", "2")
    assert "2 species, 5 reactions" in text
    assert "exact answer: finite state projection" in text
    assert text.rstrip().splitlines()[-2].startswith("Use linear noise for means and standard deviations")


def test_trust_in_theory_of_a_network_in_a_file():
    text = output(NETWORK, *ARGUMENTS[NETWORK])
    assert "9 species, 18 reactions" in text
    assert "exact answer: 400 exact simulations" in text
    assert all(f"normal, order {order}" in text for order in (2, 3, 4))
    assert "Use linear noise for means and standard deviations" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.net"], "No such file"),
        ([DATA / "mixture_samples.csv"], "a network must be a .xml, .sbml, .net, .txt or .rn file"),
        (["--time", "-1"], "time must be finite and positive; got -1.0"),
        (["--tolerance", "2"], "tolerance must lie between 0 and 1; got 2.0"),
    ],
)
def test_wrong_input_to_the_network_script_ends_in_one_sentence(arguments, message):
    is_refused(NETWORK, arguments, message)


def test_the_class_of_a_synthetic_ring():
    text = output(RING)
    assert "16384 oscillators at" in text or "oscillators        16384 at" in text
    assert number(text, "growth exponent") == pytest.approx(0.3, abs=0.05)
    assert number(text, "skewness") == pytest.approx(-0.2, abs=0.15)
    assert re.search("^regime +kpz", text, re.MULTILINE)


def test_the_class_of_a_ring_in_a_file():
    text = output(RING, *ARGUMENTS[RING])
    assert "256 at 26 times, wrapped in the file" in text
    assert re.search("^regime +edwards-wilkinson", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.npz"], "there is no file 'none.npz'"),
        ([DATA / "mixture_samples.csv"], "mixture_samples.csv must hold at least 3 times × 4 oscillators"),
        ([DATA / "ring_phases.npz", "--arcs", "100"], "has no 100 arcs of at least 4 oscillators"),
    ],
)
def test_wrong_input_to_the_ring_script_ends_in_one_sentence(arguments, message):
    is_refused(RING, arguments, message)


def test_a_synthetic_lattice_is_no_mean_field():
    text = output(LATTICE, "--time", "10", "--replicas", "2")
    assert "2 species, 2 simulated lattices" in text
    assert "mean field is off by more than 5%" in text


def test_lattices_from_files():
    text = output(LATTICE, *ARGUMENTS[LATTICE])
    mean_field, lattice, _, frames, *_ = (
        float(part) for part in re.search(r"^A (.*)$", text, re.MULTILINE)[1].replace("±", "").split()
    )
    assert mean_field == pytest.approx(0.25 / 11, abs=1e-4)
    assert lattice == pytest.approx(0.041, abs=0.004)
    assert frames == pytest.approx(lattice, abs=0.006)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.txt"], "No such file"),
        ([DATA / "mixture_samples.csv"], "of the rules can't be read"),
        ([DATA / "lattice_rules.txt", DATA / "team_answers.csv"], "a raster must end in .npy"),
        ([DATA / "lattice_rules.txt", "--replicas", "0"], "replicas must be a positive integer"),
    ],
)
def test_wrong_input_to_the_lattice_script_ends_in_one_sentence(arguments, message):
    is_refused(LATTICE, arguments, message)


def test_couplings_of_a_synthetic_network():
    text = output(COUPLINGS)
    assert number(text, "effective gain") == pytest.approx(0.70, abs=0.02)
    assert number(text, "dimension of activity") == pytest.approx(46.3, abs=1.5)
    assert text.rstrip().endswith("use the equivalent")


def test_couplings_from_a_file():
    text = output(COUPLINGS, *ARGUMENTS[COUPLINGS])
    assert number(text, "units") == 20
    assert number(text, "gain") == pytest.approx(1.0, abs=0.15)
    assert number(text, "correlation") > 0.9
    assert text.rstrip().endswith("use the equivalent")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.npy"], "coupling names no file: 'none.npy'"),
        ([DATA / "activity.npy"], "coupling must be a square matrix with 2 to 20000 units; got shape (3000, 20)"),
        (
            [DATA / "couplings.csv", "--nonlinearity", "linear", "--noise", "-1"],
            "noise must be finite and zero or positive",
        ),
        ([DATA / "couplings.csv", "--activity", DATA / "couplings.csv"], "activity must have at least 68 times"),
        ([DATA / "couplings.csv", "--noise", "0"], "only the trivial fixed point; covariance is zero"),
    ],
)
def test_wrong_input_to_the_couplings_script_ends_in_one_sentence(arguments, message):
    is_refused(COUPLINGS, arguments, message)


def test_networks_of_random_patterns():
    text = output(PATTERNS)
    assert "30 patterns of 120 spins" in text
    assert "theory applies: yes" in text
    rows = {
        int(row[0]): [float(each) for each in row[1:]]
        for row in re.findall(r"^ +(\d+)" + 4 * r" +(\d\.\d+)", text, re.M)
    }
    assert sorted(rows) == [2, 3, 4]
    assert rows[2][0] > rows[2][1]  # more than a Hopfield network holds
    assert rows[2][3] < 0.7 < rows[3][3]


def test_networks_of_patterns_in_a_file():
    text = output(PATTERNS, *ARGUMENTS[PATTERNS])
    assert "12 patterns of 60 spins, temperature 0.2" in text
    assert number(text, " 3 ") == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.npy"], "path names no file: 'none.npy'"),
        ([DATA / "team_answers.csv"], "team_answers.csv must be a NumPy array file (.npy)"),
        (["--orders", "1"], "interaction_order P must be an integer from 2 to 20; got 1"),
        (["--temperature", "-1"], "temperature must be a number of at least 0; got -1.0"),
    ],
)
def test_wrong_input_to_the_pattern_script_ends_in_one_sentence(arguments, message):
    is_refused(PATTERNS, arguments, message)


def test_a_memory_taught_by_digits():
    text = output(MEMORY)
    assert number(text, "classes") == 10
    assert number(text, "quality r") == pytest.approx(0.617, abs=0.01)
    assert number(text, "nearest mean") > 0.8
    assert number(text, "P = 2") > number(text, "P = 3")


def test_a_memory_taught_by_examples_in_a_file():
    text = output(MEMORY, *ARGUMENTS[MEMORY])
    assert number(text, "classes") == 5
    assert number(text, "spins") == 80
    assert number(text, "quality r") == pytest.approx(0.6, abs=0.08)
    assert number(text, "nearest mean") > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.npz"], "path names no file: 'none.npz'"),
        ([DATA / "mixture_samples.csv"], "mixture_samples.csv must be an IDX file with magic 2051 or 2049, or .npz"),
        (
            [DATA / "labeled_examples.npz", "--orders", "1"],
            "interaction_order P must be an integer from 2 to 20; got 1",
        ),
    ],
)
def test_wrong_input_to_the_memory_script_ends_in_one_sentence(arguments, message):
    is_refused(MEMORY, arguments, message)


def test_epidemics_on_a_synthetic_network():
    text = output(EPIDEMIC)
    assert number(text, "R0") == pytest.approx(2.85, abs=0.02)
    assert "exponential, scale 0.7" in text
    assert number(text, "infected") == pytest.approx(number(text, "final size"), abs=0.01)


def test_epidemics_on_files():
    text = output(EPIDEMIC, *ARGUMENTS[EPIDEMIC])
    assert "800 nodes" in text
    assert number(text, "infected") == pytest.approx(number(text, "final size"), abs=0.1)
    assert number(text, "cases: front speed") == pytest.approx(4.0, rel=0.4)


def test_an_epidemic_on_edges_without_nodes_names_the_labels(tmp_path):
    (tmp_path / "edges.csv").write_text("source,target\n1,nowhere\n")
    finished = run(EPIDEMIC, DATA / "spatial_nodes.csv", tmp_path / "edges.csv")
    assert finished.returncode == 1
    assert "these stand on no node: nowhere" in finished.stderr


def test_batteries_at_synthetic_prices():
    text = output(PRICES)
    assert number(text, "knowing each day's prices") > number(text, "planning on the mean day") > 0.3
    assert number(text, "learned in 200 days           within") < 0.1
    assert number(text, "peak") > float(re.search(r"before, (\d+\.\d) MW after", text)[1]) + 20


def test_batteries_at_prices_in_a_file():
    text = output(PRICES, *ARGUMENTS[PRICES])
    assert "7 whole days, clocks change on 1 of them" in text
    assert "a fleet of 50 MWh" in text


def test_prices_without_a_column_end_in_one_sentence(tmp_path):
    (tmp_path / "hours.csv").write_text("hour,load\n" + "".join(f"{hour},1\n" for hour in range(24)))
    finished = run(PRICES, tmp_path / "hours.csv")
    assert finished.returncode == 1
    assert finished.stderr == "ValueError: the file must have a column price; it has load\n"


def test_a_game_of_ones_own_and_its_finite_players():
    text = output(GAME, *ARGUMENTS[GAME])
    assert number(text, "nobody thinks") > 1
    assert number(text, "mirror descent") <= 1e-3
    assert number(text, "at temperature") < number(text, "nobody thinks")
    shares = [
        float(share) for share in re.findall(r"^day 10: (?:highway|country road|stay at home) +(\d\.\d+)", text, re.M)
    ]
    assert sum(shares) == pytest.approx(1, abs=0.002)
    assert "50 players stray from it by" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--players", "1"], "agents must be an integer of at least 2"), (["--temperature", "0"], "temperatures must be")],
)
def test_wrong_input_to_the_game_script_ends_in_one_sentence(arguments, message):
    is_refused(GAME, arguments, message)


def test_a_sampler_of_ones_own_and_what_its_predictions_give_away():
    text = output(SAMPLER)
    assert number(text, "hallucinated") == pytest.approx(0.03, abs=0.015)
    assert number(text, "area under curve") == pytest.approx(0.96, abs=0.02)


def test_a_sampler_s_trajectories_from_files():
    text = output(SAMPLER, *ARGUMENTS[SAMPLER])
    assert "of 2 coordinates" in text
    assert number(text, "area under curve") > 0.75
    assert "over the last 5 predictions" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "sampler_points.npy"], "trajectories must be given together with data"),
        ([DATA / "sampler_points.npy", DATA / "none.npz"], "trajectories names no file: 'none.npz'"),
        ([DATA / "sampler_points.npy", DATA / "patterns.npy"], "must be a .npz archive with samples and predictions"),
        ([DATA / "none.npy", DATA / "sampler_trajectories.npz"], "path names no file: 'none.npy'"),
        (["--window", "1"], "window must hold at least 2"),
    ],
)
def test_wrong_input_to_the_sampler_script_ends_in_one_sentence(arguments, message):
    is_refused(SAMPLER, arguments, message)


def test_a_potential_of_ones_own_and_a_score_without_one():
    text = output(POTENTIAL)
    assert number(text, "distance W2 of ODE and SDE") == pytest.approx(0.068, abs=0.003)
    assert number(text, "largest curl") == pytest.approx(0.0, abs=1e-6)
    assert "largest curl of the score                 2.0000" in text
    assert "no potential: neither a density" in text


def test_a_potential_in_a_file_and_one_trained_on_points(tmp_path):
    model = tmp_path / "model.py"
    model.write_text("import jax.numpy as jnp\n\ndef potential(x, t):\n    return -jnp.vdot(x, x) + 0 * t\n")
    text = output(POTENTIAL, model)
    # The stationary law's own potential: nothing moves, and nothing is left of the residual.
    assert number(text, "root mean square of the score's residual") == 0.0
    assert number(text, "distance W2 of ODE and SDE") < 1e-3
    row = output(POTENTIAL, *ARGUMENTS[POTENTIAL]).splitlines()[-1].split()
    assert float(row[0]) == 1.0
    assert all(float(each) > 0 for each in row[1:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([DATA / "none.csv"], "none.csv"), ([DATA / "mixture_samples.csv", "--weights=-1"], "weights must be")],
)
def test_wrong_input_to_the_potential_script_ends_in_one_sentence(arguments, message):
    finished = run(POTENTIAL, *arguments)
    assert finished.returncode != 0
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_transport_between_synthetic_clouds(tmp_path):
    text = output(CLOUDS, "--steps", "200", "--plot", tmp_path / "clouds.png")
    assert (tmp_path / "clouds.png").stat().st_size > 10_000
    assert "4000 points to 4000 points in 2 dimensions, optimal coupling" in text
    assert number(text, "ODE") < 0.6 * number(text, "start")


def test_a_transport_between_clouds_from_files():
    text = output(CLOUDS, *ARGUMENTS[CLOUDS])
    assert "400 points to 400 points" in text
    assert float(text.splitlines()[3].split()[-1]) < 0.8 * number(text, "start")
    finished = run(CLOUDS, DATA / "cloud_start.npy", DATA / "couplings.csv")
    assert finished.returncode == 1
    assert "start and end must have one dimension" in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_a_cell_on_synthetic_events():
    text = output(EVENTS)
    assert number(text, "accuracy, with elapsed times") > number(text, "accuracy, without them") + 0.05


def test_a_cell_on_events_from_a_file(tmp_path):
    text = output(EVENTS, *ARGUMENTS[EVENTS], "--weights", tmp_path / "own.safetensors")
    assert "200 of up to 12 steps" in text
    assert number(text, "accuracy, with elapsed times") > 0.6
    assert (tmp_path / "own.safetensors").stat().st_size > 10_000
    finished = run(EVENTS, DATA / "couplings.csv")
    assert finished.returncode == 1
    assert "lacks column 'id'" in finished.stderr
    assert finished.stderr.count("\n") == 1


@pytest.mark.parametrize(("arguments", "hurst"), [([], 0.3), (ARGUMENTS[SERIES], 0.7)])
def test_how_rough_a_series_is(arguments, hurst):
    text = output(SERIES, *arguments)
    assert number(text, "Markov likelihood") == pytest.approx(hurst, abs=0.05)
    assert number(text, "exact likelihood") == pytest.approx(hurst, abs=0.05)
    assert "between its points" in text


def test_what_a_curve_fixes_of_a_channel():
    text = output(CHANNEL, *ARGUMENTS[CHANNEL])
    assert "not known" in text
    assert number(text, "reduced χ²") < 2
    assert float(re.search(r"at 0 mV +(\S+)", text).group(1)) == pytest.approx(2.5e7, rel=0.1)
    assert "site 3" in output(CHANNEL)


def test_a_regulator_a_regime_and_a_rule_of_ones_own():
    text = output(REGULATOR)
    assert "yes: 5 of 125 pairs" in text
    assert number(text, "condition number") > number(text, "noise alone")
    assert number(text, "causal graphs") >= 3
    assert number(text, "final states") == 1
    text = output(REGULATOR, *ARGUMENTS[REGULATOR])
    assert "yes: 1 of 4 pairs" in text
    assert "causally invariant" in text
    assert number(text, "causal graphs") == 1


@pytest.mark.parametrize(
    ("script", "arguments", "message"),
    [
        (SERIES, [DATA / "none.csv"], "there is no file 'none.csv'"),
        (SERIES, ["--at", "2"], "at must lie between"),
        (CHANNEL, [DATA / "rough_series.csv"], "lacks column 'voltage_mv'"),
        (CHANNEL, ["--sites", "9"], "at most 6 sites"),
        (REGULATOR, [DATA / "rough_series.csv"], "lacks column 'table'"),
    ],
)
def test_wrong_input_to_the_series_and_channel_scripts_ends_in_one_sentence(script, arguments, message):
    # The series script prints its estimates before it is asked for a place that it does not have.
    is_refused(script, arguments, message)


def test_whether_a_chain_of_ones_own_clusters(tmp_path):
    assert "verdict          same rate" in output(CHAIN)
    text = output(CHAIN, *ARGUMENTS[CHAIN])
    # The transfer matrix of the infinite chain says 0.3625.
    assert number(text, "rate of c_2") == pytest.approx(0.362, abs=0.002)
    assert number(text, "rate of c_3") == pytest.approx(number(text, "rate of c_2"), abs=0.002)
    assert re.search(r"^distance   1 +c_2 \+0\.1[45]", output(CHAIN, "--samples"), re.MULTILINE)
    (tmp_path / "own.csv").write_text("1,ZZ\n0.5j,XX\n")
    is_refused(CHAIN, [tmp_path / "own.csv"], "must be Hermitian; a coefficient has the imaginary part 0.5")
    is_refused(CHAIN, [DATA / "none.csv"], "there is no file 'none.csv'")
    is_refused(CHAIN, ["--observables", "Z"], "observables must be 2 to 4 letters; got 'Z'")


def test_lattices_on_synthetic_triangles():
    text = output(BONDS)
    assert "typical states" in text
    # Every triangle can be in its ground state of energy -3/4 at once.
    assert number(text, "ground energy") == pytest.approx(-5 * 0.75)


def test_lattices_on_a_file():
    text = output(BONDS, *ARGUMENTS[BONDS])
    assert "stochastic series expansion" in text
    assert number(text, "ground energy") == pytest.approx(-1.6004875671)
    assert number(text, "gap") == pytest.approx(0.8504875671)


def test_lattices_refuse_wrong_input(tmp_path):
    wrong = tmp_path / "bonds.csv"
    wrong.write_text("first,second\n0,1\n")
    is_refused(BONDS, [wrong], "coupling is missing")


def test_answers_are_graded_with_what_shows_each_error():
    text = output(ANSWERS, "--workers", "0")
    assert "order        synthetic    wrong     coefficient of b^{\\dagger} b: 0 against 1" in text
    assert "correct      2 of 5" in text
    text = output(ANSWERS, *ARGUMENTS[ANSWERS])
    assert "correct      5 of 10" in text
    assert re.search(
        r"^hopping +large +wrong +coefficient of c_\{1\}\^\\dagger c_\{3\}: -1 against 1", text, re.MULTILINE
    )
    assert re.search(r"^energy +large +unparsed", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DATA / "none.jsonl", DATA / "own_replies.jsonl"], "No such file"),
        ([DATA / "own_problems.jsonl", DATA / "none.jsonl"], "replies must be a .jsonl file"),
        ([DATA / "own_replies.jsonl", DATA / "own_replies.jsonl"], "a problem must have a solution"),
    ],
)
def test_wrong_input_to_the_answers_script_ends_in_one_sentence(arguments, message):
    is_refused(ANSWERS, arguments, message)
