"""How the doubles are served: TLS, one process (its memory is the state) with threads."""

bind = "0.0.0.0:443"
certfile = "/tls/cert.pem"
keyfile = "/tls/key.pem"
workers = 1
threads = 8
worker_tmp_dir = "/dev/shm"  # noqa: S108  the heartbeat's file, which must not wait for a disk
graceful_timeout = 5
