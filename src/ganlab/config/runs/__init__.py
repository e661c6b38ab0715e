"""A run's configuration: as rooms hand it on, and as its directory keeps it.

settled   checked once, and changed by nobody after that
protocol  what makes the scores of two runs comparable
record    writes and reads ``.hydra/``
changes   what a recipe has made other than by default
resume    which run to continue, and whether the present configuration may continue it
start     the words of a run that begins with the networks of another one
pasted    lines that are printed to be pasted
zoo       small trained models that are installed with ganlab
harmless  what a configuration from elsewhere would do, and which of it is harmless
trust     what a configuration from elsewhere may build
"""
