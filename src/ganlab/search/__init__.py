"""A search for good settings: a sweeper of Hydra's that asks Optuna for points, and tells it what their runs scored.

settings    the keys of ``conf/search``
space       what may vary, from words of the command line
objective   the number that is searched for
study       Optuna's study: storage, sampler, pruner; the same search again
trials      the runs of a point: their words and folders, and what became of them
pruning     the callback that gives up a run
sweeper     ask, launch, tell
conclusion  importances, plots, and the winner's command and recipe
wandb_sweep the same space as the file of a W&B sweep

Optuna is imported where a search is running, and in the runs of one. To add a method: a sampler in ``study``, and
``conf/search/NAME.yaml``.
"""
