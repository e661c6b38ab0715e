"""From words on a command line to a configuration that is known to be right, and from a node of it to an object.

compose         a list of overrides to a configuration
hydra_compose   Hydra's part of it, and the resolvers
overrides       words of the command line
check           every node against the constructor that it names: the constructor is the schema
signature, conform   what a constructor takes, by name, type and range
schema          the keys at the top of the configurations
keys            what a person can set, with what it takes
build           from a node to the object
explain         what Hydra, OmegaConf and YAML complain about, in a sentence
catalogue, facts   which models and data sets there are; what they need and give
mistakes        words that cannot be meant as they stand
optimizers      one player's optimizer in the place of another
yaml_files, paths   reading YAML of modest size; where conf/ is
"""
