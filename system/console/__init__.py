"""What the console's pages of all apps share."""
