"""Where samples come from: a wing for each kind of batch, and what all of them stand on.

images/        ``image``, ``label``
translation/   ``source`` and ``target``, ``a`` and ``b``, ``low`` and ``high``, ``image`` and ``mask``,
               ``image`` and ``reference``
captions/      ``image``, ``caption``
points         ``point``
base           what images share: their options, fixed sets for scores and pictures
endless        what all data modules share: training batches without end
order          which samples make up a step, as a function of the step
identity       what tells data apart from other data, for a resumed run
disk/          finding, fetching and unpacking files
store/         holding samples: in memory, in files, as crops

To add a data set: subclass the ``base`` of its wing, give ``load``, add ``conf/data/NAME.yaml``.
"""
