"""The one blueprint that the loan calls are declared on."""

from chalice.app import Blueprint

loans = Blueprint(__name__)
