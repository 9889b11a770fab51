"""Logic of the pages' scripts, run by Node.js: states of transfers, bank numbers, QR codes."""

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import segno

from chalicelib.transfers.domain.transfer import TRANSITIONS, Direction, TransferStatus
from chalicelib.web import assets
from tests.external_programs import skip

_STATIC = Path(assets.__file__).parent / "static"
_SCRIPTS = ("transfer-states.js", "bank-numbers.js", "qr-path.js")
_RUN = """
import * as module from "./{script}";
process.stdout.write(JSON.stringify(JSON.parse({calls}).map(([name, ...given]) => module[name](...given))));
"""
VALID_IBANS = ["DE89 3704 0044 0532 0130 00", "gb29nwbk60161331926819", "NO93 8601 1117 947"]

Call = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Function that calls functions of one script: each call is a tuple of the name and the arguments."""
    node = shutil.which("node")
    if node is None:
        skip("Node.js is missing, so the scripts of the pages cannot be tested. Install it")
    folder = tmp_path_factory.mktemp("scripts")
    folder.joinpath("package.json").write_text('{"type": "module"}', "utf-8")
    for name in _SCRIPTS:
        shutil.copyfile(_STATIC / name, folder / name)

    def run(script: str, *calls: tuple[Any, ...]) -> list[Any]:
        text = _RUN.format(script=script, calls=json.dumps(json.dumps(calls)))
        done = subprocess.run(
            [node, "--input-type=module", "-"], cwd=folder, input=text, capture_output=True, text=True, check=True
        )
        return list(json.loads(done.stdout))

    return run


def transfer(direction: Direction, status: TransferStatus, **times: str) -> dict[str, Any]:
    moments = {"submitted_at": None, "settled_at": None, "returned_at": None, "created_at": "2026-11-28T10:00:00Z"}
    return {"direction": direction.value, "status": status.value, "reference": "RF18539007547034", **moments, **times}


EVERY_STATE = [(direction, status) for direction, states in TRANSITIONS.items() for status in states]


def test_every_state_has_a_label_and_a_timeline(call: Call) -> None:
    transfers = [transfer(direction, status) for direction, status in EVERY_STATE]

    labels = call("transfer-states.js", *(("statusOf", each) for each in transfers))
    timelines = call("transfer-states.js", *(("timelineOf", each) for each in transfers))
    filters = call("transfer-states.js", *(("statusesOf", direction.value) for direction in Direction))

    assert all(label and label != status for (_, label), (_, status) in zip(labels, EVERY_STATE, strict=True))
    assert all(len(steps) >= 2 for steps in timelines)
    assert [set(statuses) for statuses in filters] == [
        {status.value for status in TRANSITIONS[direction]} for direction in Direction
    ]


def test_timeline_of_a_withdrawal_follows_its_states(call: Call) -> None:
    submitted, settled = "2026-11-29T08:00:00Z", "2026-11-30T09:00:00Z"
    requested = transfer(Direction.WITHDRAWAL, TransferStatus.REQUESTED)
    sent = transfer(Direction.WITHDRAWAL, TransferStatus.SUBMITTED, submitted_at=submitted)
    paid = transfer(Direction.WITHDRAWAL, TransferStatus.SETTLED, submitted_at=submitted, settled_at=settled)

    timelines = call("transfer-states.js", *(("timelineOf", each) for each in (requested, sent, paid)))

    assert [[(step["label"], step["state"]) for step in steps] for steps in timelines] == [
        [("Requested", "current"), ("Sent to bank", "next"), ("Paid", "next")],
        [("Requested", "done"), ("Sent to bank", "current"), ("Paid", "next")],
        [("Requested", "done"), ("Sent to bank", "done"), ("Paid", "done")],
    ]
    assert [step["at"] for step in timelines[2]] == [paid["created_at"], submitted, settled]


def test_cancel_is_offered_in_the_states_that_allow_it(call: Call) -> None:
    transfers = [transfer(direction, status) for direction, status in EVERY_STATE]

    found = call("transfer-states.js", *(("isCancellable", each) for each in transfers))

    expected = [TransferStatus.CANCELLED in TRANSITIONS[direction][status] for direction, status in EVERY_STATE]
    assert found == expected


@pytest.mark.parametrize(
    ("event", "deposit", "withdrawal"),
    [
        ("settle", TransferStatus.SETTLED, TransferStatus.SETTLED),
        ("fail", TransferStatus.FAILED, TransferStatus.REJECTED),
        ("return", TransferStatus.RETURNED, TransferStatus.RETURNED),
    ],
)
def test_test_controls_follow_the_legal_transitions(
    call: Call, event: str, deposit: TransferStatus, withdrawal: TransferStatus
) -> None:
    transfers = [transfer(direction, status) for direction, status in EVERY_STATE]

    found = [event in events for events in call("transfer-states.js", *(("sandboxEvents", each) for each in transfers))]

    # The sandbox submits a requested withdrawal before it settles it.
    targets = {Direction.DEPOSIT: deposit, Direction.WITHDRAWAL: withdrawal}
    expected = [
        targets[direction] in TRANSITIONS[direction][status]
        or (event == "settle" and status is TransferStatus.REQUESTED)
        for direction, status in EVERY_STATE
    ]
    assert found == expected


def test_failure_codes_are_explained(call: Call) -> None:
    texts = call("transfer-states.js", ("failureText", "AC04"), ("failureText", "no_funds"), ("failureText", None))

    assert texts == ["The account is closed.", "The bank’s reason: no funds.", None]


@pytest.mark.parametrize("iban", VALID_IBANS)
def test_valid_ibans_are_accepted(call: Call, iban: str) -> None:
    assert call("bank-numbers.js", ("validateIban", iban)) == [{"value": iban.replace(" ", "").upper()}]


@pytest.mark.parametrize("iban", ["", "DE", "DE88 3704 0044 0532 0130 00", "3704 0044 0532", "DE89 3704!", "DE89" * 9])
def test_invalid_ibans_are_rejected(call: Call, iban: str) -> None:
    assert "error" in call("bank-numbers.js", ("validateIban", iban))[0]


def test_us_numbers_are_checked(call: Call) -> None:
    names = ("validateRoutingNumber", "validateRoutingNumber", "validateRoutingNumber", "validateAccountNumber")
    given = ("021000021", "021000022", "000000000", "123")

    found = call("bank-numbers.js", *zip(names, given, strict=True), ("validateAccountNumber", "0001 2345"))

    assert [list(result) for result in found] == [["value"], ["error"], ["error"], ["error"], ["value"]]
    assert found[-1]["value"] == "00012345"


def test_numbers_are_grouped_in_fours(call: Call) -> None:
    assert call("bank-numbers.js", ("inGroups", "DE89370400440532013000")) == ["DE89 3704 0044 0532 0130 00"]


def test_qr_code_is_read_with_its_quiet_zone(call: Call) -> None:
    code = segno.make_qr(b"BCD\n002\n1\nSCT", error="m", boost_error=False)
    image = io.BytesIO()
    code.save(image, kind="svg", xmldecl=False, omitsize=True, nl=False, svgclass=None, lineclass=None, light="#fff")

    found = call("qr-path.js", ("readQrCode", image.getvalue().decode()))[0]

    assert found["size"] == code.symbol_size()[0]
    assert found["path"].startswith("M4 4.5h7")


@pytest.mark.parametrize("svg", [None, "", "<svg><script>1</script></svg>", '<path d="M0 0h999999"/>', '<path d="x"/>'])
def test_other_drawings_are_no_qr_code(call: Call, svg: str | None) -> None:
    assert call("qr-path.js", ("readQrCode", svg)) == [None]
