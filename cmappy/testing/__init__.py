"""The pytest plugin: tests of programs that ask a model are answered from recordings.

The plugin talks to a server in a process of its own, so that whatever a test does to clock, sockets or environment
does not reach it. Nothing here is imported before a test asks for the fixture but `plugin`.
"""
