"""`python -m bench.ack DATABASE_URL`: the figures of the receive path alone."""

import sys

import uvloop

from bench.ack.measure import measure

if __name__ == "__main__":
    for name, value in uvloop.run(measure(sys.argv[1])).items():
        print(f"{name:28}{value:>12,.2f}")
