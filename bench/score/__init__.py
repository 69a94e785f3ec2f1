"""The part `score`: what a sealed score costs beside a bare look-up and two peers, and how well trained cards rank."""
