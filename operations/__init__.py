"""What people, timers and CI run: each module a job, its commands built purely, one runner that starts them."""
