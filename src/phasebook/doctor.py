"""What `phasebook doctor` looks at: versions, device, the compiler, full-text search, caches, disk."""

import shutil
import sqlite3
from dataclasses import dataclass

from . import runtime
from .records import records_file

LEAST_FREE_DISK = 1024**3
# More rows than this and jaxlib 0.10.2 computed the last of them wrongly on the CPU (jax-ml/jax #39103).
COMPILER_CHECK_ROWS = 16_385


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report; `passed` is None where there is nothing to judge."""

    name: str
    text: str
    passed: bool | None = None


def examine() -> list[Check]:
    """All checks, in the order they are printed."""
    checks = [Check(name, version) for name, version in runtime.versions().items()]
    checks.append(Check("device", runtime.device()))
    checks.append(Check("gpu", runtime.gpu_absent() or "present"))
    wrong = wrong_rows()
    verdict = "jit agrees with eager" if not wrong else f"jit computes {wrong} wrong rows: do not trust this jaxlib"
    checks.append(Check("compiler", verdict, not wrong))
    full_text = _full_text_search()
    checks.append(
        Check("full-text search", "SQLite has FTS5 with trigrams" if full_text else "SQLite lacks FTS5", full_text)
    )
    cache = runtime.cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    checks.append(
        Check("cache", f"{cache} ({sum(f.stat().st_size for f in cache.rglob('*') if f.is_file()) / 1e6:.1f} MB)")
    )
    checks.append(Check("records", str(records_file())))
    free = shutil.disk_usage(cache).free
    checks.append(Check("disk", f"{free / 1e9:.1f} GB free", free > LEAST_FREE_DISK))
    return checks


def wrong_rows() -> int:
    """How many rows of a batched matrix-vector product, summed, differ between jit and eager: 0 with a sound compiler."""
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        rows = jnp.arange(3.0 * COMPILER_CHECK_ROWS).reshape(COMPILER_CHECK_ROWS, 3)

        def squares(row: jax.Array) -> jax.Array:
            return jnp.sum((jnp.eye(3) @ row) ** 2)

        eager = jax.vmap(squares)(rows)
        compiled = jax.jit(jax.vmap(squares))(rows)
        return int(jnp.sum(eager != compiled))


def _full_text_search() -> bool:
    try:
        with sqlite3.connect(":memory:") as database:
            database.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='trigram')")
    except sqlite3.OperationalError:
        return False
    return True
