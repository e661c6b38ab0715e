"""How a sweep's runs are started: ``launcher=NAME``, found by Hydra through a thin file in ``src/hydra_plugins``.

jobs        what Hydra gives a launcher: each run's folder, and the command that runs it alone
processes   several at once on this machine
board       how far these are, in a terminal
room        where Ray has room for them
cluster     as an array of a scheduler's jobs
"""
