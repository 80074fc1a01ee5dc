"""Doors to other programs as second solvers: DMRG by TeNPy and variational Monte Carlo by NetKet, from the extra
`quantum`.

Both are imported when they are called; where one is missing the error says how to install it. Energies are in spin
units, S = σ/2, except for the Ising ring, which is −Σ σᶻσᶻ − g Σ σˣ as in `free_fermions`.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..errors import PhasebookError
from ..numerics.measured import Measured
from .spin_lattice import check_count

PACKAGES = {"tenpy": "physics-tenpy", "netket": "netket"}


class MissingExtraError(PhasebookError, ImportError):
    """A program that an optional extra installs is absent."""


@dataclass(frozen=True)
class MatrixProductEnergy:
    """A variational energy, the weight that truncation dropped, the entanglement entropy of the middle bond, and the
    sweeps."""

    energy: float
    truncation: float
    entropy: float
    sweeps: int


@dataclass(frozen=True)
class VariationalSettings:
    """Effort of a variational Monte Carlo: optimization steps, samples of a step and of the last estimate, chains,
    learning rate."""

    steps: int = 300
    samples: int = 1008
    final_samples: int = 32_256
    chains: int = 16
    rate: float = 0.02
    shift: float = 0.01
    chunk: int = 4096  # configurations in the network at one time: bounds the memory


def has_solver(name: str) -> bool:
    """Whether `tenpy` or `netket` can be imported here."""
    return importlib.util.find_spec(name) is not None


def dmrg_chain_energy(sites: int, bond_dimension: int = 64, anisotropy: float = 1.0) -> MatrixProductEnergy:
    """Ground energy of the open chain Σ SˣSˣ + SʸSʸ + Δ SᶻSᶻ by two-site DMRG: never below the exact one.

    Raises MissingExtraError without TeNPy.
    """
    check_count("sites", sites, 2, 2000)
    check_count("bond_dimension", bond_dimension, 2, 4000)
    return _dmrg(sites, bond_dimension, anisotropy, "finite")


def infinite_dmrg_energy(bond_dimension: int = 32, anisotropy: float = 1.0) -> MatrixProductEnergy:
    """Energy per site of the infinite chain by iDMRG with a cell of two sites. Raises MissingExtraError without TeNPy."""
    check_count("bond_dimension", bond_dimension, 2, 4000)
    return _dmrg(2, bond_dimension, anisotropy, "infinite")


def variational_ising_energy(
    sites: int, field: float = 1.0, *, density: int = 1, settings: VariationalSettings | None = None, seed: int
) -> Measured:
    """Energy of the Ising ring −Σ σᶻσᶻ − g Σ σˣ in a restricted Boltzmann machine of `density` hidden units a site.

    Optimized by stochastic reconfiguration. Raises MissingExtraError without NetKet.
    """
    check_count("sites", sites, 3, 1000)
    check_count("density", density, 1, 64)
    netket = _imported("netket")
    graph = netket.graph.Chain(sites, pbc=True)
    space = netket.hilbert.Spin(s=1 / 2, N=sites)
    hamiltonian = netket.operator.Ising(space, graph=graph, h=field, J=-1.0)
    chosen = settings or VariationalSettings()
    sampler = netket.sampler.MetropolisLocal(space, n_chains=chosen.chains)
    model = netket.models.RBM(alpha=density, param_dtype=float)
    return _optimized(netket, hamiltonian, sampler, model, chosen, seed)


def variational_torus_energy(
    side: int,
    *,
    layers: int = 4,
    features: int = 8,
    settings: VariationalSettings | None = None,
    seed: int,
) -> Measured:
    """Energy per site of the Heisenberg torus side × side in a network that is equivariant under all symmetries of
    the square lattice.

    The signs of an even torus are Marshall's; the network has `layers` of group convolutions. Raises
    MissingExtraError without NetKet, ValueError for an odd side.
    """
    check_count("side", side, 4, 32)
    if side % 2:
        raise ValueError(f"side must be even, so that Marshall's sign rule holds; got {side}")
    netket = _imported("netket")
    graph = netket.graph.Hypercube(side, n_dim=2, pbc=True)
    space = netket.hilbert.Spin(s=1 / 2, N=side * side, total_sz=0)
    # NetKet's exchange is σ·σ, four times S·S.
    hamiltonian = netket.operator.Heisenberg(space, graph=graph, J=0.25, sign_rule=True)
    chosen = settings or VariationalSettings()
    sampler = netket.sampler.MetropolisExchange(space, graph=graph, n_chains=chosen.chains)
    model = netket.models.GCNN(symmetries=graph, layers=layers, features=features, param_dtype=float, mode="fft")
    found = _optimized(netket, hamiltonian, sampler, model, chosen, seed)
    return Measured(found.value / side**2, found.stderr / side**2, found.dof, seed)


def _optimized(
    netket: ModuleType, hamiltonian: Any, sampler: Any, model: Any, settings: VariationalSettings, seed: int
) -> Measured:
    """Optimize, then estimate with fresh samples; the error is that of the means of independent chains."""
    import numpy as np

    from ..numerics.statistics import mean_estimate

    state = netket.vqs.MCState(
        sampler,
        model,
        n_samples=settings.samples,
        n_discard_per_chain=8,
        chunk_size=min(settings.chunk, settings.samples),
        seed=seed,
        sampler_seed=seed + 1,
    )
    driver = netket.driver.VMC_SR(
        hamiltonian,
        netket.optimizer.Sgd(settings.rate),
        variational_state=state,
        diag_shift=settings.shift,
    )
    driver.run(settings.steps, out=(), show_progress=False)
    state.n_samples = settings.final_samples
    state.sample(n_discard_per_chain=100)
    local = state.local_estimators(hamiltonian)
    local = np.asarray(getattr(local, "data", local)).real  # a plain array before NetKet 3.23
    found = mean_estimate(local.reshape(settings.chains, -1).mean(axis=1))
    return Measured(found.value, found.stderr, found.dof, seed)


def _dmrg(sites: int, bond_dimension: int, anisotropy: float, boundary: str) -> MatrixProductEnergy:
    _imported("tenpy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TeNPy warns of options that it does not use
        chains = importlib.import_module("tenpy.models.xxz_chain")
        states = importlib.import_module("tenpy.networks.mps")
        dmrg = importlib.import_module("tenpy.algorithms.dmrg")
        model = chains.XXZChain({"L": sites, "Jxx": 1.0, "Jz": anisotropy, "hz": 0.0, "bc_MPS": boundary})
        start = (["up", "down"] * sites)[:sites]
        state = states.MPS.from_product_state(model.lat.mps_sites(), start, bc=boundary)
        options = {
            # A product state of one magnetization leaves states out that only the mixer brings in.
            "mixer": True,
            "mixer_params": {"amplitude": 1e-4, "decay": 2.0, "disable_after": 12},
            "trunc_params": {"chi_max": bond_dimension, "svd_min": 1e-12},
            "max_E_err": 1e-13 if boundary == "finite" else 1e-9,
            "max_sweeps": 60 if boundary == "finite" else 600,
            "combine": True,
        }
        engine = dmrg.TwoSiteDMRGEngine(state, model, options)
        energy, state = engine.run()
        truncation = float(engine.sweep_stats["max_trunc_err"][-1])
    entropies = state.entanglement_entropy()
    return MatrixProductEnergy(
        float(energy), truncation, float(entropies[(len(entropies) - 1) // 2]), int(engine.sweep_stats["sweep"][-1])
    )


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{name} is not installed; the extra quantum brings it: pip install 'phasebook[quantum]' ({PACKAGES[name]})"
        ) from error
