"""Arithmetic, codes, projection and truncation of latent spaces whose answers are known."""

import pytest
import torch

from ganlab.errors import StorageError, UserError
from ganlab.inference.latents.arithmetic import arithmetic
from ganlab.inference.latents.codes import codes
from ganlab.inference.latents.edit import moved
from ganlab.inference.latents.mixing import drawn_of, mixing, styles, thirds
from ganlab.inference.latents.origins import originals, pictures
from ganlab.inference.latents.project import project
from ganlab.inference.latents.projected import Projected, read, save
from ganlab.randomness import Draws
from ganlab.techniques.priors import Normal, Truncated


def test_arithmetic_adds_and_subtracts_means(model_of):
    model = model_of("mlp_gan")
    answer = arithmetic(model, [1, 2], [3], [4, 5, 6], n=9, seed=2)
    z = model.inputs(9, Draws(2, "sample"))[0]
    latent = z[[1, 2]].mean(0) - z[3] + z[[4, 5, 6]].mean(0)
    assert torch.allclose(answer.latent, latent, atol=1e-6)
    assert torch.allclose(answer.around[4], pictures(model, latent[None])[0], atol=1e-6)
    drawn, average = answer.groups["c"]
    assert torch.allclose(drawn, model.sample(9, seed=2)[[4, 5, 6]], atol=1e-6)
    assert torch.allclose(average, pictures(model, z[[4, 5, 6]].mean(0, keepdim=True)), atol=1e-6)
    itself = arithmetic(model, [1], [3], [3], n=9, spread=0)
    assert torch.allclose(itself.around, model.sample(9)[[1]].expand(9, -1, -1, -1), atol=1e-5)


def test_arithmetic_with_classes_needs_one(model_of):
    with pytest.raises(UserError, match="label=null"):
        arithmetic(model_of("cgan_dcgan"), [1], [2], [3])
    answer = arithmetic(model_of("cgan_dcgan"), [1], [2], [2], label=4, spread=0)
    inputs = originals(model_of("cgan_dcgan"), [1], label=4)
    assert torch.allclose(answer.around[:1], pictures(model_of("cgan_dcgan"), *inputs), atol=1e-5)
    with pytest.raises(UserError, match=r"numbers=\[\]"):
        arithmetic(model_of("mlp_gan"), [], [2], [3])


def test_a_table_of_classes_has_the_same_noises_in_each_row(model_of):
    model = model_of("cgan_dcgan")
    table = codes(model, columns=3, seed=1)
    assert table.rows == [str(label) for label in range(10)]
    z = model.prior(Draws(1, "sample"), 3)
    row = pictures(model, z, torch.full((3,), 7))
    assert torch.allclose(table.images[21:24], row, atol=1e-6)


def test_categories_and_codes_of_infogan_are_set_and_nothing_else(model_of):
    model = model_of("infogan")
    seen = []
    generator = model.average.current()
    handle = generator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        codes(model, columns=2)
        codes(model, code=1, columns=3, reach=2.0)
    finally:
        handle.remove()
    table, swept = seen
    noise, categories = model.prior.noise, model.prior.categories
    chosen = table[:, noise : noise + categories].argmax(1)
    assert chosen.tolist() == [place for place in range(10) for _ in range(2)]
    assert torch.equal(table[0, :noise], table[2, :noise])
    assert swept[:3, -1].tolist() == [-2.0, 0.0, 2.0]
    assert len(swept[:, :noise].unique(dim=0)) == 1
    assert len(swept[:, -2].unique()) == 1
    with pytest.raises(UserError, match="code=2: this model has the continuous codes 0 to 1"):
        codes(model, code=2)


def test_a_model_without_classes_or_codes_has_no_table(model_of):
    with pytest.raises(UserError, match="explore directions"):
        codes(model_of("mlp_gan"))
    with pytest.raises(UserError, match="code=0: this model has no continuous codes"):
        codes(model_of("cgan_dcgan"), code=0)


def test_what_the_model_has_drawn_is_found_again(model_of):
    model = model_of("mlp_gan")
    target = model.sample(2, seed=9)
    found = project(model, target, steps=150, starts=4, lr=0.1, prior_weight=0.0)
    assert found.psnr.min() > 30
    assert torch.allclose(found.pictures, pictures(model, found.latents), atol=1e-5)
    assert torch.equal(found.frames[-1], found.pictures)
    early = (found.frames[0] - target).square().mean()
    assert early > 20 * (found.pictures - target).square().mean()


def test_projection_leaves_the_model_as_it_was(model_of):
    model = model_of("cgan_dcgan")
    before = {name: value.clone() for name, value in model.state_dict().items() if torch.is_tensor(value)}
    project(model, model.sample(1, seed=9), steps=2, starts=10)
    assert all(
        torch.equal(value, before[name]) for name, value in model.state_dict().items() if name in before
    )
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("name", ["mlp_gan", "cgan_dcgan"])
def test_a_projected_picture_is_kept_with_its_class_and_moved_from_where_it_was_found(
    model_of, name, tmp_path
):
    model = model_of(name)
    target = model.sample(2, seed=9)
    found = project(model, target, steps=3, starts=4)
    save(
        Projected(["a", "b"], target, (found.latents, *found.condition)),
        "z",
        tmp_path / "latents.safetensors",
    )
    names, targets, inputs = read(tmp_path, model, [1])
    assert names == ["b"]
    assert torch.allclose(targets[0], target[1], atol=1 / 127)
    direction = torch.eye(inputs[0].shape[1])[0]
    images = moved(model, inputs, direction, [0.0, 5.0])
    assert torch.allclose(images[0, 0], found.pictures[1], atol=1e-5)
    there = pictures(model, found.latents[1:] + 5 * direction, *(values[1:] for values in found.condition))
    assert torch.allclose(images[0, 1], there[0], atol=1e-5)
    assert float((images[0, 1] - images[0, 0]).abs().max()) > 1e-3
    with pytest.raises(UserError, match="were found with another model"):
        read(tmp_path, model_of("r3gan"))


def test_projected_styles_and_damaged_files_are_not_moved(model_of, tmp_path):
    with pytest.raises(UserError, match="there is no such file; ganlab explore project"):
        read(tmp_path / "none", model_of("mlp_gan"))
    path = tmp_path / "latents.safetensors"
    save(Projected(["a"], torch.zeros(1, 1, 8, 8), (torch.zeros(1, 4),)), "w", path)
    with pytest.raises(UserError, match=r"styles \(space=w\), and directions are those of the noise"):
        read(path, model_of("mlp_gan"))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StorageError, match="holds no projected pictures"):
        read(path, model_of("mlp_gan"))
    latents = model_of("mlp_gan").inputs(2, Draws(0))[0]
    save(Projected(["a", "b"], torch.zeros(2, 1, 16, 16), (latents,)), "z", path)
    with pytest.raises(UserError, match="were found with another model"):  # of other pictures
        read(path, model_of("mlp_gan"))
    save(Projected(["a"], torch.zeros(2, 1, 8, 8), (latents,)), "z", path)
    with pytest.raises(StorageError, match="not as many names as pictures"):
        read(path, model_of("mlp_gan"))
    z, _ = model_of("cgan_dcgan").inputs(1, Draws(0))
    save(Projected(["a"], torch.zeros(1, 1, 8, 8), (z, torch.tensor([10]))), "z", path)
    with pytest.raises(UserError, match="label=10: this model has the classes 0 to 9"):
        read(path, model_of("cgan_dcgan"))


def test_a_picture_of_another_shape_and_codes_cannot_be_projected(model_of):
    with pytest.raises(UserError, match="the picture is 9x8 pixels in 1 channel, and this model draws 8x8"):
        project(model_of("mlp_gan"), torch.zeros(1, 1, 8, 9), steps=1)
    with pytest.raises(UserError, match="categories"):
        project(model_of("infogan"), torch.zeros(1, 1, 16, 16))


@pytest.mark.parametrize("name", ["stylegan2", "stylegan"])
def test_styles_of_others_in_some_layers(name, model_of):
    """The second has not grown yet."""
    model = model_of(name)
    layers = model.generator.layers
    own, others = model.sample(9, seed=3)[[1, 2]], model.sample(9, seed=3)[[5, 6, 7]]
    draw = {"n": 9, "seed": 3}
    none = mixing(model, [1, 2], [5, 6, 7], range(0), **draw)
    assert torch.allclose(none, own[:, None].expand(-1, 3, -1, -1, -1), atol=1e-5)
    every = mixing(model, [1, 2], [5, 6, 7], range(layers), **draw)
    assert torch.allclose(every, others[None].expand(2, -1, -1, -1, -1), atol=1e-5)
    seen = []
    handle = model.average.current().synthesis.register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0])
    )
    try:
        mixing(model, [1], [5], range(1, 2), **draw)
    finally:
        handle.remove()
    w = model.average.current().mapping(model.inputs(9, Draws(3, "sample"))[0])
    assert torch.allclose(
        seen[0], torch.stack([w[5] if layer == 1 else w[1] for layer in range(layers)])[None], atol=1e-5
    )
    parts = thirds(layers).values()
    assert [layer for part in parts for layer in part] == [*range(layers)]
    assert all(parts)
    with pytest.raises(
        UserError, match=f"layers 0 to {layers}: this generator has the layers 0 to {layers - 1}"
    ):
        mixing(model, [1], [5], range(layers + 1))
    with pytest.raises(UserError, match="has no styles"):
        mixing(model_of("mlp_gan"), [1], [5], range(1))


def test_a_picture_is_found_among_styles(model_of):
    model = model_of("stylegan2")
    target = model.sample(1, seed=9)
    found = project(model, target, space="w", steps=60, starts=4, lr=0.1, prior_weight=0.0)
    w = found.latents[:, None].expand(-1, model.generator.layers, -1)
    assert torch.allclose(drawn_of(model, w), found.pictures, atol=1e-5)
    early = (found.frames[0] - target).square().mean()
    assert early > 5 * (found.pictures - target).square().mean()
    near = project(model, target, space="w", steps=60, starts=4, lr=0.1, prior_weight=100.0)
    mean = drawn_of(model, styles(model, *model.inputs(1000, Draws(0, "styles"))).mean(0, keepdim=True))
    far = (found.pictures - mean).square().mean()
    assert (near.pictures - mean).square().mean() < 0.5 * far  # a large weight keeps to the mean style
    with pytest.raises(UserError, match="has no styles"):
        project(model_of("mlp_gan"), torch.zeros(1, 1, 8, 8), space="w", steps=1)


def test_truncated_noise_is_the_normal_distribution_within_its_bound():
    prior = Truncated(Normal(size=50, std=2.0), 0.7)
    z = prior(Draws(0), 2000) / 2
    assert z.abs().max() <= 0.7
    phi, tail = 0.31225393, 0.24196365  # density and upper tail of N(0, 1) at 0.7
    variance = 1 - 2 * 0.7 * phi / (1 - 2 * tail)
    assert float(z.var()) == pytest.approx(variance, rel=0.02)
    plain = Normal(size=50)(Draws(0), 2000)
    assert torch.equal(z.argsort(0), plain.argsort(0))  # the same samples, squeezed
    wide = Truncated(Normal(size=50), 8.0)(Draws(0), 2000)
    assert torch.allclose(wide, plain, atol=1e-5)


def test_truncation_ends_with_its_block_and_needs_tails(model_of):
    model = model_of("cgan_dcgan")
    before = model.sample(3)
    with model.truncated(0.1):
        assert not torch.equal(model.sample(3), before)
    assert torch.equal(model.sample(3), before)
    with pytest.raises(UserError, match="truncation=0: expected"), model.truncated(0):
        pass
    with pytest.raises(UserError, match="this model's prior is codes"), model_of("infogan").truncated(1.0):
        pass
