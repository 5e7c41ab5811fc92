"""What `pulumi up` would do, judged by the policies: for a terminal, a pull request, and other programs."""
