"""What ``ganlab train --help`` prints, the longest of the pages."""

TRAIN = """\
ganlab [train] [KEY=VALUE ...]: train a model.

  ganlab model=lsgan data=glyphs seed=3        choose a variant and its data
  ganlab trainer.max_steps=500 data.batch_size=32 model.optimizers.generator.lr=1e-4
  ganlab data=folder data.root=my/pictures     your own pictures
  ganlab model/loss=least_squares              exchange one part of a model
  ganlab model/optimizers=sgd model.optimizers.generator.lr=0.05
                                               both players' optimizer: adam, rmsprop or sgd; one player's is
                                               model/optimizer@model.optimizers.generator=sgd
  ganlab debug=tiny                            a run of seconds, to see whether it works
  ganlab -m model=dcgan,lsgan seed=1,2         a sweep: each combination, one after the other, then a table
  ganlab sweep=variants                        a sweep kept in a file
  ganlab start=outputs/... data=glyphs freeze=3
                                               begin with the networks of a run, and its model unless one is given;
                                               the discriminator's first three layers stay as they are
  ganlab search=tpe search.trials=24 model.optimizers.generator.lr='interval(1e-5,1e-2)'
                                               a search: tpe, random, grid, cmaes or nsga2
  ganlab resume=outputs/...                    continue a run; resume=auto: the newest that fits

Options are keys of the configuration, or groups, whose options are files:
  model, model/generator, model/discriminator, model/loss, model/prior, model/optimizers, data, metrics, trainer,
  callbacks, logger, experiment, sweep, search, debug.  ganlab list shows models and data sets.
  +key=value adds a key that a file leaves at its default; quote values that hold , = or spaces: "key='a, b'".

A sweep keeps its runs in one folder, outputs/sweeps/DATE_TIME. Its table has a row for each setting, the best first:
  every score as mean ± standard deviation over the seeds (table.md, table.csv; each run by itself in runs.csv).
  A run that fails does not stop the others. A sweep that was stopped goes on with the same command and
  hydra.sweep.dir=FOLDER: runs that are done are left alone, others continue where they were.

A search tries points of a space: choices a,b, range(1,5), interval(1e-5,1e-2), int(interval(4,64)). An interval over
  two decades is searched by its logarithm; tag(log,interval(...)) and tag(linear,interval(...)) say it. Its keys:
  search.trials=24   points; search.seeds=3: runs of each, whose mean counts; objective=val/fid_digits: the score
  search.pruner      median or asha: gives up runs that are worse than others by then; none
  search.when        ["KEY if GROUP=OPTION"]: a key that is chosen only with such an option
  search.name        of the search, in outputs/searches/; the same command goes on with a search that was stopped
  search.export      wandb: write the file of a W&B sweep, and run nothing

Flags:
  --cfg job [--resolve]    print every key with its value, and do not run
  --info [searchpath|...]  how the configuration is put together
  --multirun, -m           several values per key: a sweep
  --config-dir, -cd DIR    a folder of your own, with groups such as DIR/model/mine.yaml and modules such as DIR/mine.py
  --debug                  tracebacks with error messages
  --hydra-help             everything that Hydra understands

Tab completion:  eval "$(ganlab -sc install=bash)"   (also zsh and fish)
Exit codes: 0 done, 1 bug, 2 bad options or data, 3 diverged, 4 storage, 5 another process,
75 preempted (SIGTERM, SIGUSR1, SIGHUP) and saved, 130 stopped by Ctrl-C and saved.
"""
