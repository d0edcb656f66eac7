"""Runs the simulator as a process."""

from simulator.main import main

main()
