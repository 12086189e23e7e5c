"""The commands, one module each, imported only when it is run, so that none slows down another.

To add one, name it here and write `cmappy/commands/NAME.py` with `run(options) -> exit code`. If it has arguments or
commands of its own it also has `arguments(parser)`; if it takes none of the server's settings, `SETTINGS = False`.
`sources.load(vars(options), settings.environment())` gives the settings in effect.
"""

COMMANDS = {
    "serve": "run the server; what `cmappy` does without a command",
    "usage": "show what was used in the last week: tokens, answers, list price",
    "doctor": "check the installation and say how to mend what is wrong",
    "recordings": "list, show, check, prune and compare recordings",
    "config": "show the settings in effect and where each comes from",
    "service": "start cmappy with your session, by systemd or launchd",
    "completion": "print a script that completes commands and flags in your shell",
}
