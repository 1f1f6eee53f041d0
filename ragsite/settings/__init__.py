"""Settings, read from the environment here and nowhere else."""
