"""What ``--help`` prints."""

from ganlab.cli.train_page import TRAIN

GENERAL = """\
ganlab: train, measure and compare generative adversarial networks.

  ganlab                                       train a DCGAN on handwritten digits, offline, in minutes
  ganlab model=wgan_gp data=fashion_mnist      any variant on any data set that fits it
  ganlab list                                  every model and data set
  ganlab sample run=outputs/... n=64           pictures from a trained model
  ganlab evaluate run=outputs/...              its scores
  ganlab doctor model=dcgan data=folder ...    is everything ready for this run?
  ganlab resume=outputs/...                    continue a run that was stopped

Commands (train may be left out):
  train     train one model, or several with -m
  sample    write pictures of a run
  evaluate  score a run once more, with other seeds or other metrics
  score     score any images against any others, by anybody's protocol
  doctor    look for what would stop a run, before it begins
  list      show models and data sets
  explore   the latent space: interpolate, arithmetic, directions, project, neighbours, ...
  report    the page of a run, report.html, from what its directory holds
  export    weights and their description as files that others can read safely
  import-weights  begin a run with weights that were trained elsewhere
  ganlab COMMAND --help tells more.

Flags:
  --help, -h    this page            --version     ganlab's version
  --cfg job     every key of the configuration with its value, without running
  --debug       tracebacks with error messages (or GANLAB_DEBUG=1)
  --config-dir, -cd DIR    a folder with your own groups and modules; with every command, and several times

Exit codes: 0 done, 1 a bug, 2 bad options or data, 3 diverged, 4 storage, 5 another process of the run,
75 preempted (SIGTERM, SIGUSR1, or SIGHUP of a closed terminal) and saved, 130 stopped by Ctrl-C.
"""

SAMPLE = """\
ganlab sample run=DIRECTORY [KEY=VALUE ...]: write pictures of a trained model, or your own pictures through it.

  ganlab sample run=outputs/dcgan-digits/2026-01-31_12-00-00-000000
  ganlab sample run=outputs/... n=100 seed=1 label=3 checkpoint=best output=pictures
  ganlab sample run=outputs/gan_cls-shapes/... n=16 caption="a large red circle at the top left"
  ganlab sample run=outputs/cyclegan-horse2zebra/... input=photos/ output=zebras/ direction=a_to_b

  run          a run directory; latest: the newest below outputs/; latest:dcgan: of that model; run= may be left out
  n            how many pictures (64); of a model that translates: how many gallery.html shows
  seed         another seed, other pictures (0)
  label        only this class, by its number or name, where the model knows classes
  truncation   pictures more typical and less varied: within so many deviations of the noise, of stylegan2 psi (all)
  caption      what to draw, where the model reads; "A | B": on the way from A to B; all: each caption of the data
  checkpoint   last or best (last)
  output       a folder (generated/ in the run directory)
  batch_size   how many are made at once (250)
  refine       mh (Metropolis-Hastings) or drs (rejection): the discriminator chooses among samples (none)
  chain        proposals for each sample of refine=mh (640)
  numbered     true: grid.png shows the number of each picture, for ganlab explore (false)

A model that translates pictures shows held-out examples, or takes yours, of any size and format:
  input        a picture, or a folder; names and sizes are kept, photographs are turned upright
  direction    a_to_b or b_to_a, where the model has both (a_to_b)
  mask         where one that fills holes does: a file or a folder of masks (white is missing), or center
  tile         translate squares of so many pixels, where a picture is too large for the memory
  format       keep: JPEG stays JPEG, at quality 95; png: nothing is lost (keep)
"""

EVALUATE = """\
ganlab evaluate run=DIRECTORY [KEY=VALUE ...]: score a trained model, beside held-out real images.

  ganlab evaluate run=outputs/dcgan-digits/2026-01-31_12-00-00-000000
  ganlab evaluate run=outputs/... seeds=5 checkpoint=last metrics=digits metrics.digits.n_fake=5000

  run          a run directory; the scores are added to its evaluations.json
  metrics      those that the run was trained with, or others
  seeds        how many sets of images, each from a seed of its own (1)
  checkpoint   best or last (best)
  refine       mh or drs: score samples that the discriminator has chosen (none)
  chain        proposals for each sample of refine=mh (640)
  device       auto, cpu or cuda (auto)
"""

SCORE = """\
ganlab score GENERATED REAL [KEY=VALUE ...]: how close are these images to those?

  ganlab score my/samples my/photographs
  ganlab score samples.npz data:cifar10:train protocol=clean weights=pt_inception.pth
  ganlab score digits/ data:digits:train extractors=digits scores=all
  ganlab score outputs/dcgan-digits/... data:digits:train extractors=digits seeds=5
  ganlab score one/ real/ against=other/ bootstrap=200      which is better, and is it more than noise?
  ganlab score my/samples my/photographs protocol=all       the same images by every protocol, in one table

A side is a folder of images (any formats, nested), a .zip, a .npy or .npz of uint8 images, a .npz of saved statistics
(mu and sigma, as ours, pytorch-fid's and clean-fid's), data:NAME:SPLIT, a run or an export.

  generated    the first word
  real         the second; of a run what it was trained on
  held_out     real images that the generator has not seen, for the floor and scores=[copying]; of data the other split
  against      other generated images: which are better, and by how much
  protocol     ganlab, torch_fidelity, pytorch_fid, clean, clean_legacy_pytorch, clean_legacy_tensorflow, studiogan,
               stylegan3, mimicry, dgm, or all
  extractors   inception, digits, glyphs, dinov2, clip; [inception,digits]: both in one pass
  scores       fid, kid, is, precision, recall, density, coverage, classes, class_tv, diversity, diversity_class,
               fid_infinity, kid_error, intra_fid, cmmd, vendi, realism, authenticity, copying, two_sample; or all
  weights      a file of Inception's; or torch.hub's
  download     true: fetch the published ones if they are missing (false)
  n_fake       images of a run; or as many as the protocol
  seeds        sets of images of a run (1)
  seed         of the first set (0)
  checkpoint   of a run: best or last (best)
  on_corrupt   error, or skip: leave out files that cannot be read (error)
  allow_small  true: FID also of no more images than features (false)
  bootstrap    how often the generated images are drawn anew, for intervals; 200 are usual (0)
  kept         features kept of a side, for all scores but FID (10000)
  batch_size   images at a time (64)
  workers      threads that decode (2)
  device       auto, cpu or cuda (auto)
  save         a file for the statistics of the generated images, to be a side another time
  output       a file for all numbers with what they depend on, as JSON
"""

DOCTOR = """\
ganlab doctor [KEY=VALUE ...]: is everything ready for this run?

  ganlab doctor model=dcgan data=folder data.root=my/pictures logger=wandb

Takes the options of ganlab train, and trains nothing: it checks the configuration, the processors, the disk, W&B and
the weights of metrics, reads every sample of the data (damaged files, copies, held-out images that are also trained on,
rare classes), and takes a few steps in a temporary folder to say how long the run will take. One line each, and what to
do.
Exit codes: 0 ready, 2 something would stop the run.
"""

LIST = """\
ganlab list [models|data]: every model and data set, with its description, source and kind of data.

  --config-dir, -cd DIR    also those in DIR/model and DIR/data
A model that needs images also takes data with labels.
"""

IMPORT = """\
ganlab import-weights FILE model=NAME data=NAME [KEY=VALUE ...]: a run directory from weights of the widely used PyTorch
pix2pix and CycleGAN code (latest_net_G.pth; also safetensors). It can be sampled, evaluated, and trained on.

  ganlab import-weights latest_net_G.pth model=pix2pix model/generator=unet_256 data=facades
  ganlab import-weights horse2zebra.pth model=cyclegan model/generator=resnet_9 data=horse2zebra
  ganlab import-weights a_to_b=latest_net_G_A.pth b_to_a=latest_net_G_B.pth model=cyclegan data=horse2zebra

  FILE         of the generator, from a to b where there are two; NETWORK=FILE names another: b_to_a, discriminator, ...
  output       the run directory (outputs/MODEL-DATA/imported_FILE)
The other words are those of ganlab train: model, networks and channels must be those of the weights.
"""

EXPORT = """\
ganlab export run=DIRECTORY [KEY=VALUE ...]: the networks of a trained model, to share.

  ganlab export run=outputs/dcgan-digits/2026-01-31_12-00-00-000000
  ganlab export run=outputs/... checkpoint=best output=shared

  run          a run directory
  checkpoint   last or best (last)
  output       a folder that is new or empty (export/ in the run directory)

Writes weights.safetensors, which holds numbers and nothing that could run, config.json, which says what they are the
weights of, state.json with words and counts, and SHA256SUMS (sha256sum -c SHA256SUMS).
"""

EXPLORE = """\
ganlab explore TOOL run=DIRECTORY [KEY=VALUE ...]: the latent space of a trained model, in pictures.

  ganlab explore interpolate run=outputs/dcgan-digits/... 'numbers=[3,7,12]' loop=true
  ganlab explore interpolate run=outputs/cgan-digits/... along=class 'labels=[1,7]'
  ganlab explore arithmetic run=outputs/... 'a=[1,2,3]' 'b=[4,5,6]' 'c=[7,8,9]'
  ganlab explore directions run=outputs/... method=ganspace 'names=[slant]'
  ganlab explore edit run=outputs/... direction=slant 'numbers=[0,1,2]'
  ganlab explore project run=outputs/... input=my/picture.png
  ganlab explore neighbours run=outputs/... n=2000

Tools:
  interpolate  a way between samples, classes or captions, as a picture and an animation (video=gif, mp4 or none)
  arithmetic   the mean of a - the mean of b + the mean of c, and what lies around it
  directions   along which pictures change most: method=sefa (closed form) or ganspace (principal components)
  edit         samples moved along one of these, by amounts=[...]
  project      pictures of your own as latent vectors: what of them the generator can draw
  truncation   the same samples from ever narrower middles of noise or styles (bounds=[...]), each with its scores
  codes        classes, captions or InfoGAN's codes against noises, as a table
  neighbours   the training images nearest to samples, and whether the model copies them

  run          a run directory, or an export; checkpoint=last or best
  numbers      samples of the draw seed=0 n=64: ganlab sample run=... numbered=true shows which is which
  output       a folder (generated/ in the run directory)
Every key of a tool, with its default: conf/explore/TOOL.yaml.
"""

REPORT = """\
ganlab report run=DIRECTORY: write a run's page anew.

  ganlab report run=outputs/dcgan-digits/2026-01-31_12-00-00-000000
  ganlab report latest

  run          a run directory, of a run that goes on, has ended or was killed

report.html is one file that needs nothing else: curves, pictures, scores with their protocol, what was changed of the
defaults, warnings, cost, and lines to go on with. curves.png has the curves on white, for papers. Every run writes both
by itself (callbacks.report=null: not). Nothing that the directory names is run or built.
"""

PAGES = {
    "train": TRAIN,
    "sample": SAMPLE,
    "evaluate": EVALUATE,
    "score": SCORE,
    "doctor": DOCTOR,
    "list": LIST,
    "explore": EXPLORE,
    "export": EXPORT,
    "report": REPORT,
    "import-weights": IMPORT,
}


def page(command: str | None) -> str:
    """The page of ``command``, or the general one."""
    return PAGES.get(command or "", GENERAL).rstrip()
