"""The sandbox's images: bases, a builder that streams to a log, and the platform's images in the clone's registry."""
