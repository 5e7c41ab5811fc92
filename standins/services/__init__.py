"""What runs in the outside image; it needs nothing of the rest of the sandbox."""
