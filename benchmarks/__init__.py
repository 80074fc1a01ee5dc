"""Side by side against peers, in one run: ratios, never absolute times. `make bench` writes RESULTS.md."""
