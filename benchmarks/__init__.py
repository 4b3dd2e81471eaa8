"""Training steps side by side with other engines; see README.md. Run ``python -m benchmarks``."""
