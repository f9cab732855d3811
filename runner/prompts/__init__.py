"""Prompts: templates from several folders, rendered strictly in a sandbox, and text from outside made harmless."""

from runner.prompts.templates import Prompts
from runner.prompts.text import cell, data, fence, one_line, prose, question_in, shorten

__all__ = ["Prompts", "cell", "data", "fence", "one_line", "prose", "question_in", "shorten"]
