"""The VPS in a box: a container that is a whole Debian host, reached over SSH like a real one."""
