"""The paper closed-form-continuous-time: parts of its long claims at small sizes, and options that do not apply."""

from pathlib import Path

import numpy as np
import pytest

from phasebook import sequences
from phasebook.claims import judge, load_paper
from phasebook.papers.closed_form_continuous_time import gpu_claims, long_claims

PAPER = load_paper("closed-form-continuous-time")


def test_time_matters_in_parts():
    found = long_claims.time_matters_unit(elapsed=True, number=0, seed=1, strings=256, epochs=2, units=8)
    assert found["scores"].shape == (2,)
    results = [{"scores": np.array([0.6, best])} for best in (0.9, 0.7, 0.88, 0.604, 0.6, 0.605)]
    assert judge(long_claims.time_matters_judged(results)).verdict == "holds"
    # A cell that is blind to time cannot do better than the ceiling.
    blind = [{"scores": np.array([0.605])}] * 6
    assert judge(long_claims.time_matters_judged(blind)).verdict == "fails"


def test_irregular_regression_in_parts():
    found = long_claims.irregular_regression_unit("ltc", number=0, seed=1, strings=64, epochs=1, units=4)
    assert 0 < found["value"] < 10
    assert found["stderr"] > 0
    values = [{"value": each} for each in (0.050, 0.052, 0.051, 0.049, 0.050, 0.07, 0.071, 0.069, 0.07, 0.07)]
    assert judge(long_claims.irregular_regression_judged(values)).verdict == "holds"
    assert judge(long_claims.liquid_regression_judged(values)).verdict == "fails"


def test_event_parity_for_an_accelerator_in_parts():
    found = gpu_claims.event_parity_unit("mixed", number=0, seed=1, strings=128, epochs=1)
    assert 0.3 < found["scores"][0] < 0.8
    for variant, settings in gpu_claims.SETTINGS.items():
        assert sequences.Recipe(variant, **settings).epochs == 25
    results = [{"scores": [best]} for best in (0.99, 0.97, 0.98, 0.997, 0.996, 0.99, 0.8, 0.85, 0.84)]
    assert judge(gpu_claims.event_parity_judged(results)).verdict == "holds"


def test_the_raw_neuron_has_no_bound():
    found = PAPER.experiments["neuron"].run({"neuron": "raw"}, seed=0)
    assert set(found.data_vars) == {"state_exact", "state_simulation", "state_fused_simulation"}
    with pytest.raises(ValueError, match="inputs is for the anchored neuron"):
        PAPER.experiments["neuron"].run({"neuron": "raw", "inputs": 5}, seed=0)
    anchored = PAPER.experiments["neuron"].run({"time": 0.0}, seed=0)
    assert float(anchored.state_exact) == -0.5
    assert float(anchored.bound_theory) == pytest.approx(1.8)


def test_generated_sequences_are_not_counted_with_a_file():
    file = Path(__file__).parent.parent / "data" / "own_events.csv"
    with pytest.raises(ValueError, match="sequences is for generated ones; leave it out with a file"):
        PAPER.experiments["fit"].run({"file": file, "sequences": 100}, seed=0)
