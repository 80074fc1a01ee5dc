"""Tests of markets of households with batteries."""
