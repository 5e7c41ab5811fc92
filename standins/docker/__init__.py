"""Stand-in for pulumi-docker, over the Docker API: networks, volumes, secrets, services, containers."""
