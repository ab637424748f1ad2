"""One launcher starts every job, function and server: forked from a preloaded parent, in a sandbox."""
