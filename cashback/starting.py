"""Imported first by a program that imports all of the product: the garbage collector rests until `ready` is called.

Half a million objects are made and none of them is garbage. Looking through them again and again took as much time as
making them, and once more when the program ended.
"""

import gc

gc.disable()


def ready() -> None:
    """Everything is imported: it is never looked through again, and the collector goes on with what comes."""
    gc.freeze()
    gc.enable()
