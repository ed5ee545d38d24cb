"""What the engine costs beside a script written by hand: `python -m benchmarks`."""
