"""The version, in a file of its own: the build and every record read it without importing the package."""

__version__ = "0.1.0"
