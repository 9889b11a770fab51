"""The one blueprint that the operators' calls are declared on."""

from chalice.app import Blueprint

admin = Blueprint(__name__)
