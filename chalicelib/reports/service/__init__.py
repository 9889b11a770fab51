"""What operators read of the platform as a whole, and the tasks that keep it."""

from chalicelib.reports.service.books import BookService

__all__ = ["BookService"]
