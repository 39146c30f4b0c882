"""What-if: typed adjustments, each a pure function from problem to problem."""
