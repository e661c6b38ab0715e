"""FastGAN's step: whose gradient goes where."""

import torch

from tests.support.runs import build, tiny_config


def test_rebuilding_teaches_the_discriminator_alone_and_both_see_the_same_fakes(monkeypatch):
    _, module = build(tiny_config("model=fastgan", "data=photos", "data.image_size=64"))
    module.configure_optimizers()
    module.manual_backward = lambda loss: loss.backward()
    seen, terms_of = [], {}
    forward = type(module.discriminator).forward
    monkeypatch.setattr(
        type(module.discriminator),
        "forward",
        lambda self, images, small=None: (seen.append(images), forward(self, images, small))[1],
    )
    before = [p.detach().clone() for p in module.generator.parameters()]
    update = module.update

    class Watched:
        def __init__(self, player):
            self.player, self.inner = player, update(player)

        def __enter__(self):
            self.terms = self.inner.__enter__()
            return self.terms

        def __exit__(self, *error):
            if self.player == "discriminator":
                done = self.inner.__exit__(*error)
                assert all(
                    torch.equal(p, q) for p, q in zip(module.generator.parameters(), before, strict=True)
                )
                assert all(p.grad is None for p in module.generator.parameters())
            else:
                done = self.inner.__exit__(*error)
            terms_of[self.player] = list(self.terms)
            return done

    module.update = Watched
    module.training_step({"image": torch.rand(4, 3, 64, 64)}, 0)
    assert terms_of == {
        "discriminator": ["adversarial", "rebuilt_whole", "rebuilt_quarter", "rebuilt_small"],
        "generator": ["adversarial"],
    }
    assert torch.equal(seen[0], seen[1])
    assert [images.requires_grad for images in seen] == [False, True]
    assert any(not torch.equal(p, q) for p, q in zip(module.generator.parameters(), before, strict=True))
    assert module.score(torch.rand(3, 3, 64, 64)).shape == (3,)
