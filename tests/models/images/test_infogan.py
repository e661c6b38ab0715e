"""A step of InfoGAN against the same step by hand, with Q in the hands of either player."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F

from tests.support.runs import fit, tiny_config

RATES = {"discriminator": 0.01, "generator": 0.05}


def stepped_by_hand(model, real, latents, owner):
    """Both updates with plain gradient descent: D's loss, then, with D as it is now, G's; each plus -L_I."""

    def descend(loss, player):
        moved = [getattr(model, player)] + [model.recognition] * (player == owner)
        parameters = [p for module in moved for p in module.parameters()]
        with torch.no_grad():
            for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                parameter -= RATES[player] * gradient
        return loss.item()

    def missed(features, latent):
        said, category = model.recognition(features), latent[:, 62:72].argmax(1)
        squares = (latent[:, 72:] - said[:, 10:]) ** 2 / 2 + torch.tensor(2 * torch.pi).log() / 2
        return F.cross_entropy(said[:, :10], category) + squares.sum(1).mean()

    fake = model.generator(latents[0]).detach()
    real_score = model.discriminator(real)
    features = model.discriminator.features(fake)
    fake_score = model.discriminator.score(features)
    d_loss = F.softplus(-real_score).mean() + F.softplus(fake_score).mean() + missed(features, latents[0])
    losses = [descend(d_loss, "discriminator")]
    features = model.discriminator.features(model.generator(latents[1]))
    g_loss = F.softplus(-model.discriminator.score(features)).mean() + missed(features, latents[1])
    return [*losses, descend(g_loss, "generator")]


@pytest.mark.parametrize("owner", ["generator", "discriminator"])
def test_infogan_s_step_by_hand_with_q_in_either_player_s_hands(owner, tmp_path):
    cfg = tiny_config("model=infogan", f"model.recognition_player={owner}", "data.image_size=16")
    cfg.trainer.max_steps, cfg.model.discriminator.hidden, cfg.model.generator.hidden = 1, 16, 16
    for player, rate in RATES.items():
        cfg.model.optimizers[player] = {"_target_": "torch.optim.SGD", "_partial_": True, "lr": rate}
    seen = {"latents": []}

    def spy(model):
        prior, step = model.prior, model.training_step
        seen["before"] = deepcopy(model).train()

        def training_step(batch, batch_idx):
            seen["real"], model.prior.recording = batch["image"].clone(), True
            return step(batch, batch_idx)

        class Recorded(type(prior)):
            recording = False

            def __call__(self, draws, n):
                latent = super().__call__(draws, n)
                if self.recording and len(seen["latents"]) < 2:
                    seen["latents"].append(latent)
                return latent

        model.prior, model.training_step = Recorded(), training_step

    model = fit(cfg, tmp_path, wrap=spy)
    before, by_hand = seen["before"], deepcopy(seen["before"])
    losses = stepped_by_hand(by_hand, seen["real"], seen["latents"], owner)
    for name, parameter in model.named_parameters():
        if name.split(".")[0] in ("generator", "discriminator", "recognition"):
            torch.testing.assert_close(
                parameter,
                by_hand.get_parameter(name),
                rtol=1e-4,
                atol=1e-6,
                msg=lambda m, n=name: f"{n}: {m}",
            )
    for part in ("generator", "discriminator", "recognition"):
        assert any(
            not torch.equal(p, q)
            for p, q in zip(
                getattr(model, part).parameters(), getattr(before, part).parameters(), strict=True
            )
        )
    logged = [model.published[f"{player}/loss"] for player in RATES]
    assert logged == pytest.approx(losses, rel=1e-5)


def test_the_recipe_goes_the_authors_way_and_a_player_who_is_none_is_refused():
    from ganlab.config import compose
    from ganlab.config.compose.check import check
    from ganlab.errors import UserError

    cfg = compose(["experiment=infogan_mnist"])
    assert cfg.model.recognition_player == "discriminator"
    cfg = compose(["model=infogan", "model.recognition_player=critic"])
    with pytest.raises(UserError, match="recognition_player"):
        check(cfg)
