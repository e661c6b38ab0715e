"""What can be added to many variants; each is an identity unless it is chosen.

augment/                     changes of images before the discriminator sees them
ema                          averages of weights
replay, per_process          fakes of earlier generators; what each process has for itself
selection                    which fakes the generator learns from
passes                       real and fake through the discriminator, separately or together
priors                       where a generator's input comes from
learning_rates, schedules    of optimizers, and of other numbers
lazy_adam                    Adam for a player with a regularizer's steps besides
metropolis                   samples from a density known up to a factor
growth, growth_plan          when a progressive GAN grows, and what that will mean in a run

To add one: an object whose neutral form changes nothing, add ``conf/model/KIND/NAME.yaml``.
"""
