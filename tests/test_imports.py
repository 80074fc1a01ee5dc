"""What an import costs: nothing heavy before it is needed. Module names decide, not a clock."""

import subprocess
import sys

import pytest

HEAVY = (
    "jax",
    "xarray",
    "numpy",
    "scipy",
    "numba",
    "matplotlib",
    "bokeh",
    "holoviews",
    "zarr",
    "pandas",
    "distributed",
)


def modules_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "statement",
    [
        "import phasebook",
        "from phasebook import engines, inference, information, networks, numerics, populations, quantum, reactions, "
        "sequences, spins, transport",
        "from phasebook.claims import built_papers; built_papers()",
        "from phasebook import catalogue; catalogue.search('mixture')",
        "from phasebook.cli import list_papers; list_papers()",
        "from phasebook.cli import search; search(['mixture'])",
        "from phasebook.cli import show; show('mixture-misspecification'); show('multi-agent-synergy')",
        "from phasebook.cli import show; show('moment-closure-validity'); show('dense-hebbian-rsb')",
        "from phasebook.cli import show; show('reaction-fluctuations'); show('linear-equivalence')",
        "from phasebook.cli import show; show('dense-hebbian-supervised'); show('stochastic-interpolants')",
        "from phasebook.cli import show; show('mode-interpolation'); show('closed-form-continuous-time')",
        "from phasebook.cli import show; show('random-spatial-networks'); show('fractional-noise-inference')",
        "from phasebook.cli import show; show('maxent-ion-channel'); show('cumulant-clustering')",
        "from phasebook.cli import show; show('good-regulator')",
        "from phasebook.cli import show; show('grid-edge-games'); show('fokker-planck-gap')",
        "from phasebook.cli import show; show('graphex-games')",
        "from phasebook.cli import show; show('cmt-benchmark')",
    ],
)
def test_nothing_heavy_is_imported(statement):
    assert not modules_after(statement) & set(HEAVY)


def test_lazy_names_resolve():
    import phasebook

    for name in dir(phasebook):
        assert getattr(phasebook, name) is not None
    assert phasebook.inference.__name__ == "phasebook.inference"
    with pytest.raises(AttributeError):
        phasebook.nothing  # noqa: B018
