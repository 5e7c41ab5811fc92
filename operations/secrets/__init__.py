"""A stack's secrets: made or asked for, kept encrypted in the stack's file, judged, and rotated; never shown."""
