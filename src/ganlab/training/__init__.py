"""One run, from a configuration to a run directory.

run                   the run itself
trainer, ddp          Lightning's Trainer as a game needs it; gradients of one player over several processes
processes, worker     the processes of a run on one machine
sync_batchnorm        batch norms of several processes that see one batch
environment, machine  what is said of processes from outside; what the last bits depend on
devices               the processor, how many of it, and with which precision
starting              the networks of another run as a start; layers that stay as they are
resuming              from which checkpoint a run goes on, and whether it may
checkpoints           files that are whole or not there
order                 in which order callbacks act
faults, results       what ends training, in a sentence; results.json
summary               what a run says at its end
"""
