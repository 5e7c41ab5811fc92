"""The image of each part: shown beside what its registry has, and updated in the stack's file."""
