"""What the two APIs of datasets share."""
