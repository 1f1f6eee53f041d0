"""What the HTTP edges of all apps share: credentials, envelopes, bodies, validation, scopes."""
