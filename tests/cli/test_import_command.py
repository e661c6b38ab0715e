import pytest
import torch

from tests.support.biggan_layouts import Discriminator, StudioGenerator
from tests.support.known_layouts import resnet, unet

PAIRS = ["model=pix2pix", "data=fonts_paired", "model.generator.width=4", "data.target_channels=3"]
DOMAINS = ["model=cyclegan", "data=fonts_unpaired", "model.generator.width=4"]


def test_a_file_becomes_a_run_directory(ganlab, tmp_path):
    torch.save(unet().state_dict(), "latest_net_G.pth")
    answer = ganlab("import-weights", "latest_net_G.pth", *PAIRS)
    assert answer.code == 0, answer.err
    folder = "outputs/pix2pix-fonts_paired/imported_latest_net_G"
    assert answer.out.splitlines() == [
        f"1 network in {folder}",
        "random weights, for no file was given: discriminator",
        f"next: ganlab sample run={folder} input=FOLDER",
    ]
    assert (tmp_path / folder / "checkpoints" / "step-00000000.ckpt").exists()


def test_files_of_both_directions(ganlab, tmp_path):
    for name in ("one", "other"):
        torch.save(resnet((1, 1), blocks=3).state_dict(), f"{name}.pth")
    words = ["one.pth", "b_to_a=other.pth", "output=here", *DOMAINS]
    answer = ganlab("import-weights", *words)
    assert answer.out.startswith(
        "2 networks in here\nrandom weights, for no file was given: discriminator_a, disc"
    )
    assert "is not empty" in ganlab("import-weights", *words).err


def test_files_of_biggan_s_players(ganlab, tmp_path):
    """StudioGAN's names of files have = in them."""
    torch.save({"state_dict": StudioGenerator().state_dict()}, "model=G_ema-best-weights-step=9.pth")
    torch.save(Discriminator().state_dict(), "D.pth")
    sizes = ["model.prior.size=6", "model.generator.embedding_size=5", "model.generator.width=4"]
    sizes += ["model.generator.multipliers=[2,2,1]", "model.discriminator.width=8"]
    sizes += ["model.discriminator.multipliers=[1,2,2]", "model.discriminator.smallest=4"]
    data = ["data=digits", "data.channels=3", "data.image_size=16"]
    files = ["generator=model=G_ema-best-weights-step=9.pth", "discriminator=D.pth"]
    answer = ganlab("import-weights", *files, "model=biggan", *data, *sizes, "output=here")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("2 networks in here\nnext: ganlab sample run=here n=16")
    assert ganlab("sample", "run=here", "n=2").code == 0
    answer = ganlab("import-weights", "D.pth", "model=biggan", *data, *sizes, "output=other")
    assert (answer.code, "D.pth: blocks.0.0.conv1.weight is (8, 3, 3, 3), and " in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (PAIRS, "which file? Give one, as in ganlab import-weights"),
        (
            ["mapping=m.pth", *PAIRS],
            "mapping=m.pth: no network that weights are imported for; they are a_to_b",
        ),
        (["a.pth"], "which model? Give model=NAME and data=NAME"),
        (["a.pth", "b.pth", *PAIRS], "b.pth: there is a file for this network already, a.pth"),
        (["a.pth", *PAIRS], "a.pth: no such file"),
        (["a.pth", "model=pix2pix", "data=digits"], "model=pix2pix needs paired data"),
        (["a.pth", "--fast", *PAIRS], "ganlab import-weights --fast: no such flag"),
        (["a_to_b=a.pth", *PAIRS], "a_to_b=a.pth: this model has the networks generator, discriminator"),
    ],
)
def test_a_mistake_is_one_sentence(ganlab, words, sentence, tmp_path):
    answer = ganlab("import-weights", *words)
    assert answer.code == 2
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
