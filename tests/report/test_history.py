"""The newest row of ``metrics.csv``, as far as it is written."""

import pytest

from ganlab.report.history import Newest, read_newest

HEADING = "step,images,seconds,generator/loss,val/kid,val/fid_digits\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, Newest()),
        ("", Newest()),
        ("step,images", Newest()),
        ('step,images\n12,"', Newest(12)),
        ("a,b\n\n", Newest()),
        (f"{HEADING}12,120,1.0,0.5,7,31.2\n24,240,2.0,0.4,,\n3", Newest(24, "fid_digits", 31.2)),
        (f"{HEADING}12,120,1.0,0.5,7,31.2\n24,240,2.0,0.4,6,1e-", Newest(24)),
        (f"{HEADING}x,120,1.0,0.5,7,31.2\n", Newest()),
        ("step,val/my_fid,val/fid\n3,1.0,2.0\n", Newest(3, "fid", 2.0)),
    ],
)
def test_what_is_half_written_is_no_fault(tmp_path, text, found):
    if text is not None:
        (tmp_path / "metrics.csv").write_text(text)
    assert read_newest(tmp_path / "metrics.csv") == found


def test_the_end_of_a_long_file_is_enough(tmp_path):
    rows = "".join(f"{step},1,1.0,0.5,,\n" for step in range(1, 20_000))
    (tmp_path / "metrics.csv").write_text(f"{HEADING}1,1,1.0,0.5,3.0,4.0\n{rows}")
    assert read_newest(tmp_path / "metrics.csv") == Newest(19_999)
