"""Starts and stops the whole service on one machine: real Postgres and Redis, and the processes of Vitae itself."""
