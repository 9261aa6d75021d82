"""The only place where objects are built from settings and put together: one builder per program."""
