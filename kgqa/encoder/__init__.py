"""Text to token states and embeddings: tokenizer, windows, model folders and ONNX sessions."""

from kgqa.encoder.encoder import TOKEN_BUDGET, EncodedText, Encoder, padded
from kgqa.encoder.model_folder import ModelFolder, model_path
from kgqa.encoder.roles import PATH_ROLES, ROLES, path_roles, token_roles
from kgqa.encoder.session import Session
from kgqa.encoder.tokenizer import Tokenizer, Tokens
from kgqa.encoder.windows import Window, batches, merge, windows

__all__ = [
    "PATH_ROLES",
    "ROLES",
    "TOKEN_BUDGET",
    "EncodedText",
    "Encoder",
    "ModelFolder",
    "Session",
    "Tokenizer",
    "Tokens",
    "Window",
    "batches",
    "merge",
    "model_path",
    "padded",
    "path_roles",
    "token_roles",
    "windows",
]
