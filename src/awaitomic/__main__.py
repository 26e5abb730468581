"""Lets ``python -m awaitomic`` run the command line without the console script on PATH."""

from awaitomic.cli import main

if __name__ == "__main__":
    main(prog_name="awaitomic")
