"""Personal data is masked before anything is stored: people, telephone numbers, e-mail, identity numbers."""

from kgqa.privacy.masking import Masked, Masker, MaskingExtractor
from kgqa.privacy.placeholders import names_nobody
from kgqa.privacy.pseudonyms import FILE, Pseudonyms

__all__ = ["FILE", "Masked", "Masker", "MaskingExtractor", "Pseudonyms", "names_nobody"]
