"""Small sabotages of the library, each of which must turn a claim or a test of its paper red: `make sabotage`."""
