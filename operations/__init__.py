"""The implementation of `neurmatic`, the command that people, timers and CI use."""
