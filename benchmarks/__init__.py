"""Speed and quality of the engine, measured against a baseline in the same run."""
