"""The resident grader: a process in the background that has imported what commands need, and a fork server that has
imported TensorFlow. A command is a fork of it, on the terminal, in the folder and with the environment of whoever
typed it, so that nothing of one command is left for the next.

`client` asks it (and is all that a typed command imports), `server` forks, `command` is the fork, `lending` is what a
fork is lent. Whatever goes wrong with it, the command is run as if it were not there.
"""
