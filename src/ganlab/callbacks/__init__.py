"""What watches a run and never reaches into a step; each carries out one thing that ``conf/callbacks/`` names.

quality        the scores of ``metrics=...``: best, last, and the results' protocol
health         stops at what is not finite, warns of what a beginner can act on, in the sentences of advice
checkpoints    last.ckpt, best.ckpt, and one to fall back to
log, progress  numbers to the loggers; the bar, or a line where there is no terminal
report         the page of a run, report.html
preemption     signals: finish the step, save, leave
ada            augmentation that adapts
base           the hooks, with the module as the game that it is
interval       intervals counted in images
pictures/      what is drawn as training goes on, one file for each wing

To add one: subclass ``base.GameCallback``, or Lightning's own ``Callback``; name it in a file of ``conf/callbacks/``.
Its ``order`` says when it acts (``training/order.py``); its name and its place in the file say nothing.
"""
