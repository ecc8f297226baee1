"""Measured figures; each module prints a table."""
