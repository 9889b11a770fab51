"""The catalogue's entries that have modules of their own, by feature."""

from typing import Final

from tests.bank_routes import BANK_ROUTES
from tests.email_routes import EMAIL_ROUTES
from tests.event_routes import EVENT_ROUTES
from tests.notification_routes import NOTIFICATION_ROUTES
from tests.webhook_routes import WEBHOOK_ROUTES

FURTHER_ROUTES: Final = (*BANK_ROUTES, *EMAIL_ROUTES, *EVENT_ROUTES, *NOTIFICATION_ROUTES, *WEBHOOK_ROUTES)
