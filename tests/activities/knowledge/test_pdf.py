"""PDF documents are read page by page by the real library; what is none, or is locked, is refused with a sentence."""

import io

import pytest
from pypdf import PdfReader, PdfWriter

from activities.knowledge.extraction import extract
from schemas.errors import ErrorCode, PerdureError


def pdf(*pages: str) -> bytes:
    """A PDF written by hand, one line of text on each page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for line in pages:
        content = f"BT /F1 12 Tf 72 700 Td ({line}) Tj ET".encode("latin-1")
        page, stream = len(objects) + 1, len(objects) + 2
        kids.append(f"{page} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {stream} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return out.getvalue()


def locked(content: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_each_page_is_a_section_with_its_number() -> None:
    found = extract("handbook.pdf", "application/pdf", pdf("Refunds are paid.", "", "Parcels leave."))
    assert [(one.text.strip(), one.page) for one in found] == [("Refunds are paid.", 1), ("Parcels leave.", 3)]
    assert extract("handbook.pdf", "application/octet-stream", pdf("By its name."))[0].text.strip() == "By its name."


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 nothing", pdf("x")[:120], locked(pdf("x"))])
def test_what_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(PerdureError, match="cannot be read") as caught:
        extract("a.pdf", "application/pdf", content)
    assert caught.value.code is ErrorCode.INVALID_INPUT
