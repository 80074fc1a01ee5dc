"""BibTeX for a paper of the catalogue, and for Phasebook."""

from ._version import __version__
from .catalogue import Entry


def bibtex(entry: Entry) -> str:
    """Two BibTeX entries; the catalogue knows how many authors a paper has and not their names, so arXiv's own entry adds those."""
    count = f"{entry.authors} authors; " if entry.authors else ""
    lines = [
        f"@misc{{{entry.slug},",
        f"  title = {{{{{entry.title}}}}},",
        f"  year = {{{entry.year}}},",
        f"  eprint = {{{entry.arxiv}}},",
        "  archivePrefix = {arXiv},",
        f"  url = {{https://arxiv.org/abs/{entry.arxiv}}},",
        f"  note = {{{count}names at the address above}}",
        "}",
        "",
        "@software{phasebook,",
        "  title = {{Phasebook: executable papers}},",
        "  author = {{The Phasebook authors}},",
        f"  version = {{{__version__}}},",
        "  year = {2026}",
        "}",
    ]
    return "\n".join(lines)
