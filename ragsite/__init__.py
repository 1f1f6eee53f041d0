"""The site: settings, embedded servers, and what ties the apps together."""
