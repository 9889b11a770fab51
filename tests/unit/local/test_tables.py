"""The tables of the template."""

from pathlib import Path

import pytest

from local.tables import UnsupportedTableError, tables_of

NAME = 'TableName: !Sub "p2p-${Stage}-loans"'


def test_the_template_has_every_table() -> None:
    names = {table.name for table in tables_of()}

    assert {"users", "wallets", "ledger", "loans", "operations", "reports", "audit"} <= names


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ('!Sub "p2p-${Stage}-loans"', "loans"),
        ('{"Fn::Sub": "${AppName}-${Stage}-late-fees"}', "late-fees"),
    ],
)
def test_table_name_follows_the_stage(tmp_path: Path, name: str, table: str) -> None:
    template = a_template(tmp_path, f"TableName: {name}")

    assert [found.name for found in tables_of(template)] == [table]


def test_a_name_without_the_stage_is_rejected(tmp_path: Path) -> None:
    template = a_template(tmp_path, "TableName: loans")

    with pytest.raises(UnsupportedTableError, match="Loans"):
        tables_of(template)


def test_stream_of_the_template_is_enabled(tmp_path: Path) -> None:
    template = a_template(tmp_path, NAME, "StreamSpecification: {StreamViewType: NEW_IMAGE}")

    (table,) = tables_of(template)

    assert table.arguments["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def test_cloud_only_properties_are_omitted(tmp_path: Path) -> None:
    template = a_template(
        tmp_path,
        NAME,
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
