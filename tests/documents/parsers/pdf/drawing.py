"""Pages that the tests of the PDF parser draw."""

from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4

SENTENCE = "otters swim along the river bank and catch fish while the sun sets behind old trees"
WORDS = SENTENCE.split()
WIDTH, HEIGHT = A4


def prose(count, start=0):
    return " ".join(WORDS[(start + at) % len(WORDS)] for at in range(count))


def text_at(canvas, x, y, *lines, size=10, font="Helvetica", leading=12):
    canvas.setFont(font, size)
    for at, line in enumerate(lines):
        canvas.drawString(x, y - at * leading, line)


def article(canvas):
    text_at(canvas, 60, 780, "The great title", size=22)
    text_at(canvas, 60, 740, "1 First section", size=14)
    text_at(canvas, 60, 715, f"{prose(14)} ever-", f"green {prose(12, 5)}.")
    text_at(canvas, 60, 670, "Bold words", font="Helvetica-Bold")
    text_at(canvas, 60, 650, "• first point", "• second point that runs", "  on", leading=13)
    for row, cells in enumerate((("Name", "Year", "Place"), ("Ada", "1815", "London"), ("Grace", "1906", "New York"))):
        for column, cell in enumerate(cells):
            text_at(canvas, 60 + 150 * column, 580 - 16 * row, cell)
    text_at(canvas, 60, 500, f"{prose(15)}", f"{prose(15, 3)}.")


def columns(canvas):
    text_at(canvas, 60, 780, "Title over both columns", size=20)
    for column in (0, 1):
        lines = [prose(7, column * 7 + at) for at in range(30)]
        text_at(canvas, 60 + 260 * column, 740 - 6 * column, *lines, size=9)


def numbered(number):
    def page(canvas):
        text_at(canvas, 60, 820, "Handbook of otters")
        text_at(canvas, 60, 700, *(f"Page {number} says {prose(10, number + at)}." for at in range(4)))
        text_at(canvas, 290, 20, str(number))

    return page


def encrypted(path, user_password):
    writer = PdfWriter(clone_from=path)
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="AES-128")
    writer.write(path)
    return path
