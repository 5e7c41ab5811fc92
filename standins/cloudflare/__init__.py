"""The stand-in for the cloudflare plugin, over the official client of Cloudflare's API."""
