"""Runs scenarios through the real CLI and keeps what it said."""
