"""Recordings: what a CLI said for a turn, kept in files that a reviewer can read, and told again.

This room speaks lines and turns. It knows the pieces of the Messages API's stream, and nothing of any CLI.
"""
