"""The process we compute in: threads, compilation caches, and the description of machine and versions in every record."""

import hashlib
import importlib.metadata
import os
import platform
import subprocess
from functools import cache
from pathlib import Path

from ._version import __version__

VERSIONED = ("jax", "jaxlib", "numba", "numpy", "scipy", "xarray", "optimistix", "equinox", "optax")


def prepare_process(threads: int = 1) -> None:
    """Set thread counts and caches through the environment; call before NumPy, JAX or numba is imported.

    JAX's persistent compilation cache stores every kernel (its default of one second keeps almost nothing) in a folder named by
    the CPU model, because a kernel compiled for another CPU may not run here.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = str(threads)
    settings = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "JAX_COMPILATION_CACHE_DIR": str(cache_folder() / "jax" / cpu_key()),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    if threads == 1:
        settings["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def cache_folder() -> Path:
    """The folder for what can be made again: compiled kernels, checkpoints. `PHASEBOOK_CACHE` names another."""
    return _folder("PHASEBOOK_CACHE", "user_cache_path", "~/.cache/phasebook")


def data_folder() -> Path:
    """The user's data folder, where the records live."""
    return _folder("PHASEBOOK_DATA", "user_data_path", "~/.local/share/phasebook")


def _folder(variable: str, kind: str, without_platformdirs: str) -> Path:
    if variable in os.environ:
        return Path(os.environ[variable])
    try:
        import platformdirs
    except ModuleNotFoundError:  # the library also runs where JAX and xarray alone are installed
        return Path(without_platformdirs).expanduser()
    return getattr(platformdirs, kind)("phasebook", appauthor=False)


@cache
def cpu_model() -> str:
    """The processor's name, as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cpu_key() -> str:
    """A short name of the CPU model, for folders."""
    return hashlib.sha256(f"{cpu_model()} {platform.machine()}".encode()).hexdigest()[:12]


@cache
def versions() -> dict[str, str]:
    """Versions of Python, Phasebook and the packages whose numbers we rely on."""
    found = {"python": platform.python_version(), "phasebook": __version__}
    for name in VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@cache
def commit() -> str:
    """The commit of the checkout this package runs from, with `+` where files differ; empty for an installed package."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    git = ["git", "-C", str(root)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, timeout=10)
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "") if head.returncode == 0 else ""


def device() -> str:
    """What we compute on, in words."""
    return f"{cpu_model()}, {os.cpu_count()} cores"


def gpu_absent() -> str:
    """Empty where JAX sees a GPU, else the reason in words."""
    import jax

    kinds = {each.platform for each in jax.devices()}
    return "" if "gpu" in kinds else f"needs a GPU; JAX sees {', '.join(sorted(kinds))}"
