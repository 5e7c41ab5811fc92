"""Stand-in for the plugin of pulumi-command."""
