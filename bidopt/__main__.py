"""`python -m bidopt` is `bidopt`."""

from bidopt.cli import main

main()
