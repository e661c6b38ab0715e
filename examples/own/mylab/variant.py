from ganlab.models.images.gan import StandardGAN


class MatchingGAN(StandardGAN):
    """A generator whose images score like real ones on average."""

    def training_step(self, batch, batch_idx):
        real = batch["image"]  # (B, C, H, W) in [-1, 1]
        with self.update("discriminator") as terms:  # only this player moves
            fake = self.generate(len(real)).detach()
            terms["adversarial"] = self.loss.discriminator(self.discriminator(real), self.discriminator(fake))
        with self.update("generator") as terms:  # logged as generator/matching
            gap = self.discriminator(real).mean() - self.discriminator(self.generate(len(real))).mean()
            terms["matching"] = gap.square()
        return {"real": real, "fake": fake}  # what callbacks may look at
