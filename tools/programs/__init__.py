"""Runs real clients through the real CLI, whose API is a stub that plays a model."""
