"""Send emails: each once, with attempts that any worker can continue."""

from chalicelib.events.service.wakeups import SEND_EMAIL
from chalicelib.jobs.queue import LONGEST_DELAY_SECONDS, BackgroundJob, JobQueue
from chalicelib.notifications.domain.email import Email, EmailRefused, EmailSender, SuppressionList
from chalicelib.notifications.domain.mail import MAX_ATTEMPTS, Mail, MailStatus, delay_after
from chalicelib.notifications.domain.types import NOTIFICATION_TYPES, Channel
from chalicelib.notifications.repository.mails import MailRepository
from chalicelib.notifications.repository.preferences import PreferenceRepository
from chalicelib.notifications.service.email_renderer import EmailRenderer
from chalicelib.observability import metrics
from chalicelib.observability.logging import logger
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.users.domain.user import User
from chalicelib.users.service.accounts import UserService


class MailService:
    """Sends emails. Each step may be repeated, overlap with itself, or die at any point.

    An attempt takes a lease, sends the email with its key, and stores that it is sent. If it dies in between, or cannot
    know whether the service accepted the email, the lease of two minutes gives the service's confirmation
    (`MailFeedback`) time to arrive. A sender that recognises the key sends nothing twice in any case.
    """

    def __init__(
        self,
        mails: MailRepository,
        preferences: PreferenceRepository,
        users: UserService,
        renderer: EmailRenderer,
        sender: EmailSender,
        suppressed: SuppressionList,
        queue: JobQueue,
        real_time: Clock,
    ) -> None:
        self._mails = mails
        self._preferences = preferences
        self._users = users
        self._renderer = renderer
        self._sender = sender
        self._suppressed = suppressed
        self._queue = queue
        self._real_time = real_time

    def send(self, job: BackgroundJob) -> int:
        """Make the attempt that is due for the email whose key the job names; return how many emails were sent."""
        mail, now = self._mails.find(job.subject), self._real_time()
        if mail is None or mail.status is not MailStatus.PENDING or mail.due_at is None or mail.due_at > now:
            return 0
        owner = new_id(now)
        if mail.attempt >= MAX_ATTEMPTS:
            self._end(mail, MailStatus.FAILED, "the last attempt did not end")
            return 0
        if not self._mails.claim(mail.key, owner):
            return 0
        try:
            email = self._prepare(mail)
        except Exception as error:  # noqa: BLE001 - the guard of one email: whatever fails is tried again
            logger().exception("email not rendered", extra={"mail": mail.key})
            self._retry_later(mail, owner, type(error).__name__)
            return 0
        return 0 if email is None else self._send(mail, email, owner)

    def _prepare(self, mail: Mail) -> Email | None:
        """Return the rendered email; None if it is not to be sent any more, which is stored."""
        user = self._users.find(mail.user_id)
        address = None if user is None else user.email
        if user is not None and mail.is_to_previous_address:
            address = user.email_replaced_at(mail.created_at)
        if user is None or address is None or not self._is_wanted(mail, user):
            self._mails.end(mail.key, MailStatus.CANCELLED)
            return None
        if self._suppressed.contains(address):
            self._mails.end(mail.key, MailStatus.SUPPRESSED)
            metrics.count("EmailsSuppressed")
            return None
        return self._renderer.render(mail, user, address)

    def _send(self, mail: Mail, email: Email, owner: str) -> int:
        """Send an email. After an error that leaves open whether it was sent, the lease gives its confirmation time."""
        try:
            self._sender.send(email)
        except EmailRefused as error:
            logger().warning("email refused", extra={"mail": mail.key})
            self._end(mail, MailStatus.FAILED, type(error).__name__)
            return 0
        except Unavailable as error:
            logger().warning("email not accepted", extra={"mail": mail.key})
            self._retry_later(mail, owner, type(error).__name__)
            return 0
        self._mails.end(mail.key, MailStatus.SENT)
        metrics.count("EmailsSent")
        return 1

    def _is_wanted(self, mail: Mail, user: User) -> bool:
        """Return whether the user still wants these emails: they may have unsubscribed since the event."""
        kind = NOTIFICATION_TYPES[mail.type]
        return kind.is_locked or self._preferences.find(user.id).is_on(Channel.EMAIL, kind, user.role)

    def _retry_later(self, mail: Mail, owner: str, error: str) -> None:
        delay = delay_after(mail.attempt + 1)
        if delay is None:
            self._end(mail, MailStatus.FAILED, error)
            return
        seconds = int(delay.total_seconds())
        is_released = self._mails.release(mail.key, owner, self._real_time() + delay, error)
        if is_released and seconds <= LONGEST_DELAY_SECONDS:  # the sweep finds later ones
            self._queue.send([BackgroundJob(SEND_EMAIL, mail.key)], seconds)

    def _end(self, mail: Mail, status: MailStatus, error: str) -> None:
        if self._mails.end(mail.key, status, error):
            metrics.count("EmailsFailed")
