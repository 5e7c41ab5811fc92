"""What expires: when, and how to renew it."""
