"""Phasebook."""
