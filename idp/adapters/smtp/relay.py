"""A relay by Flask-Mail, with what Flask-Mail leaves out: verified certificates and time-outs."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from pathlib import Path
from typing import Any

from flask import Flask
from flask_mail import Connection, Mail, Message

from idp.adapters.smtp.url import SmtpUrl, parse_smtp_url
from idp.kernel.tls import trust
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt, RelayDeferred, RelayRefused
from idp.mail.status import mailbox_is_gone, may_be_about_the_recipient

_log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10.0
ANSWER_SECONDS = 120.0
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
# RFC 5321 §4.2.3: no such mailbox, not local, bad name; also what relays say that refuse us.
_NO_MAILBOX = (550, 551, 553)


class _Smtp(smtplib.SMTP):
    """Notes when the message is out: what ends from there until the answer may have been taken.

    A relay that stores a mail and then thinks for a while is not one that failed: the answer to the
    final dot is waited for as RFC 5321 §4.5.3.2.6 has it, far longer than any other.
    """

    handed_over = False
    answer_timeout = ANSWER_SECONDS
    _replies: int | None = None

    def data(self, msg: Any) -> Any:
        self._replies = 0
        try:
            code, said = super().data(msg)
        finally:
            self._replies = None
        # Any other answer (251, or nonsense) tells nothing of the message.
        self.handed_over = code != 250 and not 400 <= code < 600
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
        return code, said

    def getreply(self) -> Any:
        if self._replies is not None:
            self._replies += 1
            if self._replies == 2:  # the first was for DATA itself
                self.handed_over = True
                if self.sock is not None:
                    self.sock.settimeout(self.answer_timeout)
        return super().getreply()


class _SmtpSsl(_Smtp, smtplib.SMTP_SSL):
    """The same over TLS from the first byte on."""


class _VerifiedConnection(Connection):
    """Flask-Mail's connection; only how it begins and ends is ours."""

    def __init__(
        self,
        mail: Any,
        url: SmtpUrl,
        context: ssl.SSLContext,
        *,
        timeout: float,
        answer_timeout: float,
    ) -> None:
        super().__init__(mail)
        self._url = url
        self._context = context
        self._timeout = timeout
        self._answer_timeout = answer_timeout

    def configure_host(self) -> smtplib.SMTP:
        """Connect; the certificate is checked against the host's name before anything is said."""
        url = self._url
        host: _Smtp
        if url.security == "tls":
            host = _SmtpSsl(url.host, url.port, timeout=self._timeout, context=self._context)
        else:
            host = _Smtp(url.host, url.port, timeout=self._timeout)
        host.answer_timeout = self._answer_timeout
        try:
            if url.security == "starttls":
                host.starttls(context=self._context)
            if url.username and url.password:
                host.login(url.username, url.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, *_: Any) -> None:
        # The relay has answered for the message by now. A farewell that fails must not turn an
        # accepted mail into one that is sent again.
        if self.host is not None:
            try:
                self.host.quit()
            except (smtplib.SMTPException, OSError):
                self.host.close()


class SmtpRelay:
    """`mail.ports.Relay` over SMTP.

    url: see `parse_smtp_url`. sender: the From of every mail. ca_file: a CA bundle beside the
    system's, for a relay with a private CA. timeout: seconds for connecting and for each answer,
    answer_timeout: for the last one, which says whether it takes the message.
    """

    def __init__(
        self,
        url: str | SmtpUrl,
        *,
        sender: str,
        ca_file: Path | None = None,
        timeout: float = TIMEOUT_SECONDS,
        answer_timeout: float = ANSWER_SECONDS,
    ) -> None:
        self._url = parse_smtp_url(url) if isinstance(url, str) else url
        self._sender = sender
        self._timeout = timeout
        self._answer_timeout = answer_timeout
        self._context = trust("smtp", ca_file)
        # Flask-Mail wants an application; this one serves nothing else.
        self._app = Flask("idp.mail", static_folder=None, template_folder=None)
        self._app.config["MAIL_DEFAULT_SENDER"] = sender
        self._mail = Mail(self._app)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand over one mail. Raises RelayDeferred, RelayRefused (neither names the recipient)."""
        with self._app.app_context():
            mail = Message(
                subject=message.content.subject,
                recipients=[message.to],
                body=message.content.text,
                html=message.content.html,
                sender=self._sender,
                date=message.date.timestamp(),
                extra_headers=dict(message.headers),
            )
            mail.msgId = f"<{message.message_id}>"
            connection = _VerifiedConnection(
                self._mail.state,
                self._url,
                self._context,
                timeout=self._timeout,
                answer_timeout=self._answer_timeout,
            )
            try:
                with connection:
                    connection.send(mail)
            except (smtplib.SMTPException, OSError) as error:
                handed_over = getattr(connection.host, "handed_over", False)
                failure = _outcome(error, handed_over=handed_over)
                failure.relay = self._url.name
                raise failure from None
        return Receipt(self._url.name)


def _outcome(error: Exception, *, handed_over: bool) -> RelayDeferred | RelayRefused:
    """What a failure means for the mail. handed_over: the whole message was out, and no answer that
    says anything came.
    """
    if handed_over:
        return RelayDeferred(_reason(error), scope="unknown")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _recipient_refused(error)
    if isinstance(error, smtplib.SMTPDataError):
        if error.smtp_code >= 500:
            return RelayRefused(str(error.smtp_code), recipient=False)
        closing = error.smtp_code == 421  # RFC 5321 §3.8: the service itself goes away
        return RelayDeferred(str(error.smtp_code), scope="relay" if closing else "recipient")
    if isinstance(error, smtplib.SMTPResponseException):
        # Greeting, HELO, login or sender refused: about us, not about this mail. Somebody will mend
        # it, and the mail may still make sense then.
        _log.error("the relay refuses us", extra={"code": error.smtp_code})
        return RelayDeferred(str(error.smtp_code))
    if isinstance(error, ssl.SSLError):
        _log.error("the relay's TLS is not trusted", extra={"reason": error.reason})
        return RelayDeferred("tls")
    return RelayDeferred(_reason(error))


def _recipient_refused(error: smtplib.SMTPRecipientsRefused) -> RelayDeferred | RelayRefused:
    """Whose fault a refusal at RCPT is: only a mailbox that does not exist is for good.

    Relays say there as well that they refuse *us* (RFC 3463 §3.8: X.7), or that a mailbox is full
    (X.2.2), and some give no enhanced code at all: none of that may mark an address as useless.
    """
    code, said = max(error.recipients.values(), default=(450, b""))
    found = _ENHANCED.match(bytes(said))
    enhanced = found[1].decode() if found else ""
    if mailbox_is_gone(enhanced):
        return RelayRefused(str(code), recipient=True)
    unclear = not enhanced and code in _NO_MAILBOX
    if code == 421 or (code >= 500 and not unclear and not may_be_about_the_recipient(enhanced)):
        _log.error("the relay refuses us", extra={"code": code, "enhanced": enhanced})
        return RelayDeferred(str(code), scope="relay")
    if code >= 500:
        # No word on the address: this may be one dead mailbox, or a relay that refuses everything.
        _log.warning("a recipient was refused", extra={"code": code, "enhanced": enhanced})
    return RelayDeferred(str(code), scope="recipient")


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return "nonsense"
    # smtplib turns a time-out while reading into a disconnection; what it was stands behind it.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "timeout"
    return "disconnected" if isinstance(error, smtplib.SMTPServerDisconnected) else "connect"
