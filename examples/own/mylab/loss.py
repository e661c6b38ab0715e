class Absolute:
    """D: E|r - 1| + E|f|, G: E|f - 1|: least absolute deviations, which no single score can dominate."""

    scores_are_logits = False  # a score of 0 does not lie between real and fake
    estimates_density_ratio = False  # so refine= has nothing to go by

    def discriminator(self, real, fake):  # raw scores (B,) and (B,)
        return (real - 1).abs().mean() + fake.abs().mean()

    def generator(
        self, fake, real=None
    ):  # real() would give the scores of real images, for a loss that compares
        return (fake - 1).abs().mean()
