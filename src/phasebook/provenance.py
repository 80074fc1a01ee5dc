"""Which code made a number: a hash over the sources that a paper's results depend on."""

import hashlib
from functools import cache
from pathlib import Path

from . import catalogue

PACKAGE = Path(__file__).resolve().parent


@cache
def code_version(slug: str) -> str:
    """Hash of the paper's module, its family, the engines and the numerics (12 hexadecimal digits)."""
    entry = catalogue.find(slug)
    module = f"papers/{slug.replace('-', '_')}"
    sources = [PACKAGE / f"{module}.py"]
    for folder in (module, entry.family, "engines", "numerics"):
        sources += sorted((PACKAGE / folder).rglob("*.py"))
    digest = hashlib.sha256()
    for source in sources:
        if source.exists():
            digest.update(source.relative_to(PACKAGE).as_posix().encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
