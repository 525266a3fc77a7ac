"""Deep generative models from nothing but NumPy."""
