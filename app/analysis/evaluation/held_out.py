"""Decides which labelled documents may be used for training and which are held out for evaluation. Pure.

`app.pipeline.operations.evaluation_set` calls it. The hash of the file decides, so the same file is in the same part of
every set, however many documents the set has.
"""

import hashlib
from typing import Literal

Part = Literal["train", "held-out"]

TRAIN: Part = "train"
HELD_OUT: Part = "held-out"
TRAIN_SHARE = 0.8
_NAME_DIGITS = 16


def part_of(sha256: str) -> Part:
    """`sha256` is the hash of the file, in hexadecimal digits."""
    return TRAIN if int(sha256[:8], 16) < TRAIN_SHARE * 16**8 else HELD_OUT


def name_of(sha256: str) -> str:
    """A name for the document that says nothing about the person. People name files after themselves."""
    return hashlib.sha256(f"evaluation set {sha256}".encode()).hexdigest()[:_NAME_DIGITS]
