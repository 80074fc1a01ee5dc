"""One module per paper, named like its slug: its experiments and its claims."""
