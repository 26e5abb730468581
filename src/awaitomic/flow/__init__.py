"""One function at a time: its body as a graph of events in CPython's order, and the solver that runs over it."""
