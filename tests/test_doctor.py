"""The guard against compilers that compute wrong numbers, and the rest of `phasebook doctor`."""

from phasebook.doctor import examine, wrong_rows


def test_jit_computes_what_eager_computes():
    """jaxlib 0.10.2 fails here: the last row of 16,385 is wrong (jax-ml/jax #39103)."""
    assert wrong_rows() == 0


def test_every_check_passes_and_names_what_it_saw():
    checks = {check.name: check for check in examine()}
    assert checks["compiler"].text == "jit agrees with eager"
    assert {"python", "jax", "device", "gpu", "compiler", "full-text search", "cache", "records", "disk"} <= set(checks)
    assert not [check for check in checks.values() if check.passed is False]
