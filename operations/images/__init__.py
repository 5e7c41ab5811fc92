"""Which image each part runs: what its registry has instead, and the one command that writes another."""
