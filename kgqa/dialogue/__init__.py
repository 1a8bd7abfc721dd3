"""Dialogue: conversations and the completion of follow-up questions."""

from kgqa.dialogue.conversation import Conversation
from kgqa.dialogue.rewrite import rewrite

__all__ = ["Conversation", "rewrite"]
