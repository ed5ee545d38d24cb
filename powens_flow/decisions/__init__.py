"""Guards and decisions: plain functions of the attempt. No I/O, no clock, no chance."""
