"""Events of accounts that operators freeze and unfreeze."""

from collections.abc import Iterator

from chalicelib.events.domain.event import Event
from chalicelib.events.service.derivation.stream_record import Record
from chalicelib.wallets.service import wallet_change_of


def derive(record: Record) -> Iterator[Event]:
    """Derive the events of a record of the table `wallets`."""
    change = wallet_change_of(record)
    if change is None:
        return
    before, after = change.before, change.after
    was_frozen = before is not None and before.frozen
    if after.frozen is not was_frozen:
        yield Event.of(
            "account.frozen" if after.frozen else "account.unfrozen",
            after.updated_at,
            {"user_id": after.user_id},
            subject=after.user_id,
            discriminator=str(after.version),
            recipients=(after.user_id,),
        )
