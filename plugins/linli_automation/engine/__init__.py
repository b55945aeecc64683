"""The engine: what a sequence of actions means, step by step, with its rights, its limits and its trace."""
