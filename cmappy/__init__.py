"""cmappy: OpenAI's chat API in front of the Claude Code CLI."""

__version__ = "0.2.0"
