"""EML: a letter in plain text and HTML, with a text file attached."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ragsite.demo.formats import plain_text, web_page
from ragsite.demo.formats.archive import EDITION
from ragsite.demo.handbook import Page


def render(page: Page, *, attached: Page) -> bytes:
    """`page` as a message whose subject is its title; `attached` comes with it as a text file."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Ragsite <letters@ragsite.example>"
    message["To"] = "Operators <operators@ragsite.example>"
    message["Subject"] = page.title
    message["Date"] = format_datetime(EDITION)
    message["Message-ID"] = "<0.1.0@ragsite.example>"
    message.set_content(plain_text.render(page).decode())
    message.add_alternative(web_page.render(page).decode(), subtype="html")
    message.add_attachment(plain_text.render(attached).decode(), filename=attached.source.replace(".md", ".txt"))
    _fix_boundaries(message)
    return message.as_bytes()


def _fix_boundaries(message: EmailMessage) -> None:
    """Boundaries are drawn at random unless set; ours occur in no text of the handbook."""
    for depth, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_ragsite_{depth}_=")
