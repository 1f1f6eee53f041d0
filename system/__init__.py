"""Who you are, and whether the site is well."""
