"""Quick claims: what seconds can measure."""

from __future__ import annotations

from typing import Any

from ... import numerics, quantum
from ...claims import Evidence, Measured
from .subject import DERIVED, TEXTBOOK, THEOREM, paper

BELL, CATALAN = [1, 2, 5, 15, 52, 203, 877, 4140], [1, 2, 5, 14, 42, 132, 429, 1430]
KINDS: tuple[Any, Any] = ("classical", "free")
ROWS = ("ZZ", "ZXZ", "ZXZZ")


@paper.claim("combinatorics", tier="quick", origin="textbook", source=TEXTBOOK)
def combinatorics(seed: int) -> Evidence:
    """Partitions number 1, 2, 5, 15, ..., non-crossing ones 1, 2, 5, 14, ...; semicircle and coin have the known cumulants, and
    both roads to a cumulant of random matrices agree to 1e-12."""
    import numpy as np

    coin = [0.0, 1.0] * 4
    generator = np.random.default_rng(numerics.part_seed(seed, 1))
    moment, scale = _random_moments(generator, 6)
    roads = [
        abs(quantum.cumulant(kind, moment, tuple(range(n))) - quantum.recursive_cumulant(kind, moment, tuple(range(n))))
        for kind in KINDS
        for n in range(1, 7)
    ]
    trips = []
    for kind, sequence in zip(KINDS, (quantum.classical_sequence, quantum.free_sequence), strict=True):
        moments = generator.uniform(-1, 1, 8).tolist()
        back = quantum.moments_of_sequence(kind, sequence(moments))
        trips += [a - b for a, b in zip(back, moments, strict=True)]
    return Evidence.all_of(
        Evidence.exact([len(quantum.all_partitions(n)) for n in range(1, 9)], BELL, label="partitions"),
        Evidence.exact([len(quantum.noncrossing_partitions(n)) for n in range(1, 9)], CATALAN, label="non-crossing"),
        Evidence.exact(
            quantum.free_sequence([0, 1, 0, 2, 0, 5, 0, 14]), [0, 1, 0, 0, 0, 0, 0, 0], label="semicircle, κ"
        ),
        Evidence.exact(quantum.free_sequence(coin), [0, 1, 0, -1, 0, 2, 0, -5], label="coin, κ"),
        Evidence.exact(quantum.classical_sequence(coin), [0, 1, 0, -2, 0, 16, 0, -272], label="coin, c"),
        Evidence.exact(max(roads) / scale, 0.0, 1e-12, label="Möbius less recursion"),
        Evidence.exact(trips, 0.0, 1e-12, label="moments, forth and back"),
    )


@paper.claim("product-state", tier="quick", origin="derived", source=DERIVED)
def product_state(seed: int) -> Evidence:
    """At infinite temperature every classical and free cumulant of order 2 to 5 with one observable on another site is zero to
    1e-14, and the ordered c_3(Z, X, Y) on one site is i."""
    state = quantum.thermal_state(quantum.mixed_field_chain(6), 0.0)
    apart = [
        abs(quantum.cumulant(kind, state.moment, quantum.moved_product("ZXYZX"[:n], moved, x)))
        for kind in KINDS
        for n in range(2, 6)
        for moved in range(n)
        for x in (1, 4)
    ]
    ordered = quantum.classical_cumulant(state.moment, quantum.observables("ZXY", [0, 0, 0]))
    # Averaged over all orders of the three matrices it would be 0.
    return Evidence.all_of(
        Evidence.exact(max(apart), 0.0, 1e-14, label="largest cumulant"),
        Evidence.exact([ordered.real, ordered.imag], [0.0, 1.0], 1e-14, label="c_3(Z, X, Y) on one site"),
    )


@paper.claim("classical-chain-rates", tier="quick", origin="derived", source=DERIVED)
def classical_chain_rates(seed: int) -> Evidence:
    """In the infinite classical chain (K = 0.4, h = 0.3) all cumulants of order 2 to 6 fall by λ_2/λ_1 = 0.316434491953 a site,
    and without a field c_4(0, 1, 2, x + 2) is −2 tanh(K)^(x + 3)."""
    import numpy as np

    chain, plain = quantum.TransferChain(0.4, 0.3), quantum.TransferChain(0.4)
    ratios = []
    for kind in KINDS:
        for n in range(2, 7):
            values = _classical_decay(chain, kind, n, range(1, 8))
            ratios.append((values[1:] / values[:-1]).real - chain.decay_rate)
    four = _classical_decay(plain, "classical", 4, range(1, 8)).real
    # A transfer matrix without the field would have the rate tanh K = 0.38.
    return Evidence.all_of(
        Evidence.exact(chain.decay_rate, 0.316434491953, 5e-13, label="λ_2/λ_1"),
        Evidence.exact(float(np.abs(ratios).max()), 0.0, 1e-8, label="largest difference of a ratio"),
        Evidence.exact(four + 2 * np.tanh(0.4) ** (np.arange(1, 8) + 3), 0.0, 1e-14, label="c_4 without a field"),
    )


@paper.claim("same-rate", tier="quick", core=True, origin="paper", source=THEOREM)
def same_rate(seed: int) -> Evidence:
    """In the mixed-field chain (9 sites) at β = 0.15 and 0.3, c_3, c_4 and κ_4 fall from site to site as c_2 does, to 0.3%, and
    all as the infinite chain's transfer matrix says."""
    import numpy as np

    published = {0.15: 0.1469, 0.3: 0.2741}
    distances, pieces = range(1, 8), []
    for beta, constant in published.items():
        state = quantum.thermal_state(quantum.mixed_field_chain(9), beta)
        two = _spin_decay(state, "classical", "ZZ", distances)
        worst = []
        for letters in ROWS[1:]:
            for kind in KINDS:
                compared = quantum.same_rate(distances, two, _spin_decay(state, kind, letters, distances), boundary=1)
                worst.append(compared.largest)
        # Two observables moved: κ_4 would not fall at all.
        pieces.append(Evidence.exact(worst, 0.0, 0.003, label=f"β = {beta}: ratio over that of c_2, less 1"))
        exact = quantum.ising_decay_rate(beta).value
        # One Trotter slice in place of their limit shifts the rate by 0.0009 at β = 0.15 and by 0.006 at β = 0.3.
        near = np.abs(two[1:5] / two[:4])
        pieces.append(Evidence.exact(near, exact, 3e-4, label=f"β = {beta}: ratios of c_2, infinite chain"))
        pieces.append(Evidence.exact(exact, constant, 6e-5, label=f"β = {beta}: the constant"))
    return Evidence.all_of(*pieces)


@paper.claim("rate-of-the-transfer-matrix", tier="quick", origin="derived", source=DERIVED)
def rate_of_the_transfer_matrix(seed: int) -> Evidence:
    """In transverse, tilted, zero and antiferromagnetic fields two-point functions of nine spins fall by the leading ratio of
    the infinite chain's quantum transfer matrix to 0.3%."""
    ratios, exact = [], []
    for beta, coupling, transverse, longitudinal in (
        (0.3, 1.0, 0.9, 0.0),
        (0.4, 1.0, 0.0, 0.3),
        (0.3, -1.0, 0.9, 0.5),
        (0.2, 0.7, 1.5, 0.2),
    ):
        state = quantum.thermal_state(quantum.mixed_field_chain(9, coupling, transverse, longitudinal), beta)
        values = _spin_decay(state, "classical", "ZZ", range(1, 5))
        ratios.append(float((values[3] / values[2]).real))
        exact.append(quantum.ising_decay_rate(beta, coupling, transverse, longitudinal).value)
    relative = [a / b for a, b in zip(ratios, exact, strict=True)]
    return Evidence.all_of(
        Evidence.exact(relative, 1.0, 0.003, label="ratio from distance 3 to 4, over that of the transfer matrix"),
        Evidence.exact(exact[:2], [0.2850, 0.3682], 6e-5, label="constants"),
    )


@paper.claim("two-moved-observables", tier="quick", origin="derived", source=DERIVED)
def two_moved_observables(seed: int) -> Evidence:
    """With two copies moved κ_4(Z_0, X_x, Z_0, X_x) is 1 at infinite temperature and 0.88 at β = 0.3, however far, while c_4 is
    zero; and κ_4 less c_4 of one moved observable is the crossing pairs' product."""
    pieces = []
    for beta, expected, tolerance in (
        (0.0, [1.0] * 4, 1e-14),
        (0.3, [0.8765, 0.8782, 0.8786, 0.8787], 6e-5),
    ):
        state = quantum.thermal_state(quantum.mixed_field_chain(9, periodic=True), beta)
        rows = [quantum.observables("ZXZX", [0, x, 0, x]) for x in range(1, 5)]
        free = [quantum.free_cumulant(state.moment, row).real for row in rows]
        classical = [abs(quantum.classical_cumulant(state.moment, row)) for row in rows]
        pieces.append(Evidence.exact(free, expected, tolerance, label=f"β = {beta}: κ_4"))
        # Sums over all partitions in place of the non-crossing ones give c_4 for κ_4.
        pieces.append(
            Evidence.exact(classical[3], 0.0, 1e-14 if beta == 0 else 0.01, label=f"β = {beta}: c_4 at x = 4")
        )
    state = quantum.thermal_state(quantum.mixed_field_chain(9), 0.3)
    row = quantum.moved_product("ZXZZ", 2, 1)
    difference = quantum.free_cumulant(state.moment, row) - quantum.classical_cumulant(state.moment, row)
    crossing = quantum.classical_cumulant(state.moment, row[::2]) * quantum.classical_cumulant(state.moment, row[1::2])
    size = [abs(quantum.cumulant(kind, state.moment, row)) for kind in KINDS]
    return Evidence.all_of(
        *pieces,
        Evidence.exact(abs(difference - crossing), 0.0, 1e-14, label="κ_4 − c_4 less c_2(A_1, A_3) c_2(A_2, A_4)"),
        Evidence.exact(size[1] / size[0], 0.798, 6e-4, label="κ_4 / c_4 at β = 0.3"),
    )


@paper.claim("free-fermions-are-spins", tier="quick", origin="derived", source=DERIVED)
def free_fermions_are_spins(seed: int) -> Evidence:
    """Densities of free fermions at four sites and times have the ordered cumulants of the XX chain's spins to 1e-12, and at
    infinite temperature Z_0 Z_x(t) is the square of Bessel's J_x(Jt) to 1e-10 in the middle of 200 sites."""
    import numpy as np
    from scipy.special import jv

    sites, beta = 7, 0.7
    state = quantum.thermal_state(quantum.xxz_chain(sites, 1.0, 0.0), beta)
    chain = quantum.xx_fermions(sites, beta)
    places = [(1, 0.3), (4, 0.9), (2, 1.7), (5, 2.2)]
    differences = []
    for n in (2, 3, 4):
        for kind in KINDS:
            densities = [quantum.Density(*place) for place in places[:n]]
            spins = [quantum.SpinObservable("Z", *place) for place in places[:n]]
            # Z = 1 − 2n
            found = (-2) ** n * chain.cumulant(kind, densities)
            differences.append(abs(found - quantum.cumulant(kind, state.moment, spins)))
    times = np.linspace(0, 40, 81)
    long, bessel = quantum.xx_fermions(200, 0.0), []
    for x in (0, 1, 7, 20, 35):
        found = 4 * long.classical_cumulant([quantum.Density(100), quantum.Density(100 + x, tuple(times))])
        bessel.append(np.abs(found - jv(x, times) ** 2).max())
    return Evidence.all_of(
        Evidence.exact(max(differences), 0.0, 1e-12, label="largest difference from exact diagonalization"),
        Evidence.exact(float(max(bessel)), 0.0, 1e-10, label="largest difference from J_x(Jt)²"),
    )


@paper.claim("ray-averages-at-infinite-temperature", tier="quick", origin="derived", source=DERIVED)
def ray_averages_at_infinite_temperature(seed: int) -> Evidence:
    """Time averages of Z_0 Z_x(t) along x = ⌊vt⌋ in free fermions at infinite temperature are those of J_x(t)²: 0.0418 and 0.0127
    for v = 0, falling as 1/T for v = 1.5, up to T = 200."""
    import numpy as np

    table = {
        0.0: [0.041763, 0.012663],
        0.3: [0.041080, 0.012580],
        0.9: [0.081868, 0.024100],
        1.5: [0.0170066, 0.0042517],
    }
    chain = quantum.xx_ring_fermions(1200, 0.0)
    pieces = []
    for velocity, expected in table.items():
        found = 4 * quantum.ray_average(chain, [0], velocity, [50.0, 200.0])
        # Quadrature across the jumps of ⌊vt⌋ is off by some percent.
        pieces.append(Evidence.exact(np.asarray(found), expected, 1e-6, label=f"v = {velocity}"))
    return Evidence.all_of(*pieces)


@paper.claim("typical-vectors", tier="quick", origin="own", source="quantum.typical_state", statistical=True)
def typical_vectors(seed: int) -> Evidence:
    """Random vectors of ten spins, moved in time, have the ordered cumulants of exact diagonalization within their errors."""
    hamiltonian = quantum.mixed_field_chain(10)
    state = quantum.thermal_state(hamiltonian, 0.3)
    typical = quantum.typical_state(hamiltonian, 0.3, vectors=96, seed=numerics.part_seed(seed, 3))
    pieces = []
    # Standard errors 0.006, 0.007 and 0.010. Without heat c_2 is 0 and not 0.20; moving the other way in time conjugates c_3,
    # whose imaginary part is -0.075; with its first two operators exchanged κ_4 is -0.087 and not 0.082.
    for letters, part, tolerance in (("ZZ", "real", 0.05), ("ZXZ", "imag", 0.055), ("ZXZZ", "real", 0.08)):
        row = quantum.moved_product(letters, min(2, len(letters) - 1), 1, time=1.0)
        found, exact = typical.cumulant("free", row), quantum.free_cumulant(state.moment, row)
        measured = Measured(getattr(found.value, part), found.stderr, 95, seed)
        pieces.append(Evidence.equal(measured, getattr(complex(exact), part), tolerance, label=f"{letters}, {part}"))
    return Evidence.all_of(*pieces)


def _random_moments(generator: Any, count: int) -> tuple[Any, float]:
    """Ordered moments of random matrices in a random state, and the size of the largest product."""
    import numpy as np

    root = generator.normal(size=(4, 4)) + 1j * generator.normal(size=(4, 4))
    density = root @ root.conj().T / np.trace(root @ root.conj().T)
    operators = generator.normal(size=(count, 4, 4)) + 1j * generator.normal(size=(count, 4, 4))

    def moment(product: tuple[int, ...]) -> complex:
        total = density
        for each in product:
            total = total @ operators[each]
        return complex(np.trace(total))

    return moment, float(np.prod([np.linalg.norm(each, 2) for each in operators]))


def _classical_decay(chain: quantum.TransferChain, kind: Any, order: int, distances: range) -> Any:
    return quantum.cumulant_decay(
        chain.centered_moment, lambda x: (*range(order - 1), order - 2 + x), distances, kind, centered=True
    )


def _spin_decay(state: quantum.SpinState, kind: Any, letters: str, distances: range) -> Any:
    moved = min(2, len(letters) - 1)
    return quantum.cumulant_decay(state.moment, lambda x: quantum.moved_product(letters, moved, x), distances, kind)
