"""A stack's secrets: generated or asked for, stored encrypted in the stack's file, checked, rotated, never shown."""
