"""What `make check` holds files to that are not Python: shell, Dockerfiles, workflows."""
