"""Stand-ins for the provider plugins, each over the client library of what it manages; the real plugins fit too."""
