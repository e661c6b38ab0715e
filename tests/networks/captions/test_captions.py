"""Networks of text-to-image GANs: their exact sizes, how they read, and what their output depends on."""

from functools import partial

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.lexicon import Letters, padded
from ganlab.losses.information import gaussian_kl
from ganlab.networks.captions import pretrained
from ganlab.networks.captions.discriminators import GANCLSDiscriminator, StackGANDiscriminator
from ganlab.networks.captions.encoders import ALPHABET, CharCNNRNN, WordGRU
from ganlab.networks.captions.gan_cls import GANCLSGenerator
from ganlab.networks.captions.pretrained import PretrainedText
from ganlab.networks.captions.stackgan import StackedGenerator, StageOneGenerator

COCO = {"width": 196, "projection": 128}
SIZES = {
    "gan_cls G": (partial(GANCLSGenerator, width=128, projection=256), 21_138_051),
    "gan_cls D": (partial(GANCLSDiscriminator, width=64, projection=256), 4_228_801),
    "gan_cls COCO G": (partial(GANCLSGenerator, **COCO), 41_107_551),
    "gan_cls COCO D": (partial(GANCLSDiscriminator, **COCO), 36_190_301),
    # not published: kernels of 4 over 70, 384 and 512 channels; two square matrices of 256; 256 to 1024
    "char_cnn_rnn": (
        CharCNNRNN,
        (4 * 70 + 1) * 384 + (4 * 384 + 1) * 512 + (4 * 512 + 1) * 256 + 2 * 257 * 256 + 257 * 1024,
    ),
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name):
    make, expected = SIZES[name]
    with torch.device("meta"):
        assert sum(p.numel() for p in make().parameters()) == expected


def letters(*captions: str) -> torch.Tensor:
    return padded([Letters().encode(caption) for caption in captions])


def test_the_word_encoder_ignores_what_follows_the_end_and_minds_the_order():
    torch.manual_seed(0)
    encoder = WordGRU(words=5, width=8, size=6).eval()
    short = encoder(torch.tensor([[2, 3, 4]]))
    assert short.shape == (1, 6)
    assert torch.allclose(short, encoder(torch.tensor([[2, 3, 4, 0, 0, 0]])), atol=1e-6)
    assert not torch.allclose(short, encoder(torch.tensor([[4, 3, 2]])), atol=1e-3)
    batch = encoder.train()(torch.randint(2, 7, (50, 4), generator=torch.Generator().manual_seed(0)))
    assert torch.allclose(batch.mean(0), torch.zeros(6), atol=1e-5)
    assert torch.allclose(batch.std(0, correction=0), torch.ones(6), atol=0.05)


def test_the_letter_encoder_reads_small_letters_of_its_alphabet_up_to_a_length():
    torch.manual_seed(0)
    encoder = CharCNNRNN(size=5, recurrent_size=32).eval()
    text = 4 * "a red bird with a blue tail and a long, very thin beak, looking at me; "
    read = encoder(letters(text))
    assert read.shape == (1, 5)
    assert torch.equal(read, encoder(letters(text.upper())))
    assert torch.equal(read, encoder(letters(text[:201] + "what comes later")))
    assert not torch.equal(read, encoder(letters(text.replace("red", "tan"))))
    assert torch.equal(encoder(letters("bird")), encoder(letters("bird🙂é")))  # outside of the alphabet
    assert len(ALPHABET) == 70


def test_the_letter_encoder_is_the_mean_of_a_recurrent_network_with_relu():
    torch.manual_seed(0)
    encoder = CharCNNRNN(size=5, recurrent_size=8)
    inputs = {}
    encoder.inward.register_forward_hook(lambda module, given, made: inputs.update(x=given[0], steps=made))
    read = encoder(letters("a red bird"))
    assert inputs["x"].shape == (1, 8, 8)  # eight steps, as in the authors' code
    state, total = torch.zeros(1, 8), 0
    for number, step in enumerate(inputs["steps"].unbind(1)):
        state = (step + (encoder.onward(state) if number else 0)).relu()
        total = total + state
    assert torch.allclose(read, encoder.project(total / 8), atol=1e-6)


@pytest.mark.parametrize("make", [GANCLSDiscriminator, StackGANDiscriminator])
@pytest.mark.parametrize("size", [16, 32, 64])
def test_discriminators_compare_what_they_saw_with_any_text(make, size):
    torch.manual_seed(0)
    network = make(text_size=6, projection=4, image_size=size, width=4).eval()
    images, one, other = torch.randn(2, 3, size, size), torch.randn(2, 6), torch.randn(2, 6)
    features = network.features(images)
    assert features.shape[2:] == (4, 4)
    assert network(images, one).shape == (2,)
    assert torch.allclose(network.match(features, other), network(images, other))
    assert not torch.allclose(network(images, one), network(images, other))
    assert not torch.allclose(network(images, one), network(images.flip(3), one))


def generators(size: int) -> list[tuple[nn.Module, int]]:
    small = {"text_size": 6, "channels": 1, "image_size": size, "width": 4}
    stacked = StackedGenerator(
        latent_size=15, condition_size=5, small_size=size // 2, residual_blocks=1, **small
    )
    stacked.second_has_begun.fill_(True)
    return [
        (GANCLSGenerator(latent_size=7, projection=4, **small), 7),
        (StageOneGenerator(latent_size=8, condition_size=5, **small), 8),
        (stacked, 15),
    ]


@pytest.mark.parametrize("size", [16, 32])
def test_generators_draw_noise_and_text(size):
    torch.manual_seed(0)
    for network, latent in generators(size):
        network.eval()
        z, text = torch.randn(2, latent), torch.randn(2, 6)
        images = network(z, text)
        assert images.shape == (2, 1, size, size)
        assert images.abs().max() <= 1
        assert not torch.equal(images, network(torch.randn(2, latent), text))
        assert not torch.equal(images, network(z, torch.randn(2, 6)))


def test_the_stages_of_stackgan():
    torch.manual_seed(0)
    network = StackedGenerator(
        latent_size=15, text_size=6, condition_size=5, small_size=8, image_size=16, width=4, residual_blocks=1
    ).eval()
    z, text = torch.randn(2, 15), torch.randn(2, 6)
    own, epsilon = network.split(z)
    assert (own.shape, epsilon.shape) == ((2, 10), (2, 5))
    small = network.first(own, text)
    assert torch.equal(network(z, text), small.repeat_interleave(2, 2).repeat_interleave(2, 3))
    network.second_has_begun.fill_(True)
    assert torch.equal(network(z, text), network.second(epsilon, small, text))
    mean, _ = network.first.condition(text)
    certain = network.first.paint(own, mean, torch.full_like(mean, -60))  # no spread: epsilon does not matter
    moved = torch.cat([own[:, :5], torch.randn(2, 5)], dim=1)
    assert torch.allclose(certain, network.first.paint(moved, mean, torch.full_like(mean, -60)), atol=1e-6)
    assert "second_has_begun" in network.state_dict()


def test_sizes_that_cannot_be_drawn():
    with pytest.raises(UserError, match="image_size=30: GAN-CLS doubles from 4, so it needs 16, 32, 64"):
        GANCLSGenerator(image_size=30)
    with pytest.raises(UserError, match=r"image_size=48: .* doubles 16 once or more"):
        StackedGenerator(latent_size=20, condition_size=5, small_size=16, image_size=48, width=4)
    with pytest.raises(UserError, match=r"latent_size=10: it holds noise.*model.prior.size=110"):
        StackedGenerator(latent_size=10, condition_size=5, small_size=16, image_size=32, width=4)


def test_the_divergence_is_that_of_torch_distributions():
    from torch.distributions import Normal, kl_divergence

    mean, log_variance = torch.randn(3, 4), torch.randn(3, 4)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).mean()
    assert torch.allclose(gaussian_kl(mean, log_variance), expected)
    assert gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 3)) == 0
    with pytest.raises(ValueError, match=r"expected the same \(B, d\)"):
        gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 1))


@pytest.fixture
def asked(monkeypatch) -> list[list[str]]:
    """Puts a stand-in in the place of a downloaded model; notes which texts it was asked for."""
    calls: list[list[str]] = []

    def embed(name, revision, texts, size):
        calls.append(list(texts))
        return torch.stack([torch.full((size,), float(len(text))) for text in texts])

    monkeypatch.setattr(pretrained, "require_transformers", lambda what: None)
    monkeypatch.setattr(pretrained, "embed_text", embed)
    return calls


def test_pretrained_embeddings_are_computed_once_and_kept_on_disk(asked, tmp_path):
    encoder = PretrainedText(name="some/model", size=3, cache_folder=str(tmp_path))
    made = encoder(letters("a bird", "a red bird", "a bird"))
    assert made.tolist() == [[6.0] * 3, [10.0] * 3, [6.0] * 3]
    assert asked == [["a bird", "a red bird"]]
    another = PretrainedText(name="some/model", size=3, cache_folder=str(tmp_path))
    assert torch.equal(another(letters("a red bird", "a fish")), torch.tensor([[10.0], [6.0]]).expand(2, 3))
    assert asked[1:] == [["a fish"]]
    PretrainedText(name="some/model", revision="v2", size=3, cache_folder=str(tmp_path))(letters("a bird"))
    assert asked[2:] == [["a bird"]]
    assert not list(encoder.parameters())
    assert not encoder.state_dict()


def test_a_folder_that_changes_is_another_model(tmp_path):
    (tmp_path / "weights").write_text("one")
    before = pretrained.identity(str(tmp_path), "main")
    assert before == pretrained.identity(str(tmp_path), "main")
    (tmp_path / "weights").write_text("other")
    assert before != pretrained.identity(str(tmp_path), "main")
    assert pretrained.identity("a/b", "main") == "a--b@main"


def test_what_pretrained_encoders_need_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrained, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"openai/clip-\S+ needs the package transformers: pip install"):
        PretrainedText(cache_folder=str(tmp_path))
    monkeypatch.setattr(pretrained, "require_transformers", lambda what: None)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"set model.encoder.cache_folder"):
        PretrainedText(cache_folder=str(tmp_path / "file"))
