"""The part `match`: what the matcher by evidence is worth on labelled descriptors, and what it costs."""
