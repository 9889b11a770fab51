"""The tables of the template."""

from pathlib import Path

import pytest

from local.tables import UnsupportedTableError, tables_of


def test_the_template_has_every_table() -> None:
    names = {table.name for table in tables_of()}

    assert {"users", "wallets", "ledger", "loans", "operations", "reports", "audit"} <= names


def test_the_short_form_of_a_name_reads_like_the_long_one(tmp_path: Path) -> None:
    template = a_template(tmp_path, 'TableName: !Sub "p2p-${Stage}-loans"')

    assert [table.name for table in tables_of(template)] == ["loans"]


def test_a_name_with_dashes_keeps_its_last_part(tmp_path: Path) -> None:
    template = a_template(tmp_path, 'TableName: {"Fn::Sub": "${AppName}-${Stage}-late-fees"}')

    assert [table.name for table in tables_of(template)] == ["late-fees"]


def test_a_name_without_the_stage_is_rejected(tmp_path: Path) -> None:
    template = a_template(tmp_path, "TableName: loans")

    with pytest.raises(UnsupportedTableError, match="Loans"):
        tables_of(template)


def test_a_stream_is_switched_on_as_the_api_wants_it(tmp_path: Path) -> None:
    template = a_template(
        tmp_path,
        'TableName: !Sub "p2p-${Stage}-loans"',
        "StreamSpecification: {StreamViewType: NEW_IMAGE}",
    )

    (table,) = tables_of(template)

    assert table.arguments["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def test_properties_that_only_the_cloud_has_are_left_out(tmp_path: Path) -> None:
    template = a_template(
        tmp_path,
        'TableName: !Sub "p2p-${Stage}-loans"',
        "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
        "TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}",
    )

    (table,) = tables_of(template)

    assert set(table.arguments) == {"KeySchema", "AttributeDefinitions", "BillingMode"}
    assert table.expires_by == "expires_at"


def a_template(folder: Path, *properties: str) -> Path:
    lines = [
        "Resources:",
        "  Topic: {Type: AWS::SNS::Topic}",
        "  Loans:",
        "    Type: AWS::DynamoDB::Table",
        "    Properties:",
        "      BillingMode: PAY_PER_REQUEST",
        "      KeySchema: [{AttributeName: pk, KeyType: HASH}]",
        "      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]",
        *(f"      {line}" for line in properties),
    ]
    path = folder / "template.yaml"
    path.write_text("\n".join(lines))
    return path
