"""What ends by itself one day: when, and what to type before."""
