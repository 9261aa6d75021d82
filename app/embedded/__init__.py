"""Starts and stops the whole service on one machine: real Postgres and Redis servers plus Vitae's own processes."""
