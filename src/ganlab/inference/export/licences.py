"""Under which licences weights are shared, by the names that the Hub of Hugging Face knows."""

from ganlab.errors import UserError
from ganlab.nearest import nearest

LICENCES = """
    apache-2.0 mit isc zlib ncsa unlicense wtfpl ms-pl postgresql artistic-2.0 afl-3.0 bsd bsd-2-clause bsd-3-clause
    bsd-3-clause-clear bsl-1.0 ecl-2.0 epl-1.0 epl-2.0 osl-3.0 gpl gpl-2.0 gpl-3.0 agpl-3.0 lgpl lgpl-2.1 lgpl-3.0
    lgpl-lr gfdl mpl-2.0 lppl-1.3c eupl-1.1 eupl-1.2 etalab-2.0 ofl-1.1
    cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nd-4.0 cc-by-nc-2.0 cc-by-nc-3.0
    cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
    cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 odc-by odbl pddl c-uda
    openrail openrail++ creativeml-openrail-m bigscience-openrail-m bigcode-openrail-m bigscience-bloom-rail-1.0
    h-research intel-research fair-noncommercial-research-license unknown other
""".split()  # noqa: SIM905


def require_known(licence: str | None) -> None:
    """Raises UserError for a name that the Hub would not take for a licence; None names none."""
    if licence is None or licence in LICENCES:
        return
    close = nearest(licence.lower(), LICENCES)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    raise UserError(
        f"licence={licence}: {meant}The Hub knows cc0-1.0, cc-by-4.0, cc-by-nc-4.0, apache-2.0, mit, openrail and "
        "more; any other is licence=other"
    )
