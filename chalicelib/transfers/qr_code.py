"""QR codes of deposit instructions."""

import io

from chalicelib.transfers.domain.instructions import DepositInstructions


def qr_svg(instructions: DepositInstructions) -> str | None:
    """Return the instructions as an SVG image that banking applications scan, or None if there is none.

    Source: EPC069-12, version 2.1, section 2: error correction level M.
    """
    payload = instructions.epc_payload
    if payload is None:
        return None
    import segno

    image = io.BytesIO()
    code = segno.make_qr(payload.encode(), error="m", boost_error=False)
    code.save(image, kind="svg", xmldecl=False, omitsize=True, nl=False, svgclass=None, lineclass=None, light="#fff")
    return image.getvalue().decode()
