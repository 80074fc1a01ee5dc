"""Hands the generated pages to MkDocs."""

from typing import Any

from mkdocs.structure.files import File, Files

from docs.site_pages import navigation, pages


def on_config(config: Any) -> Any:
    """The table of contents follows the papers that are built."""
    config.nav = navigation()
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made from the code and the records."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files
