"""Creation of the template's tables in a database."""

from local.tables import create_tables, tables_of
from tests.engines import Storage


def test_second_run_changes_nothing(storage: Storage) -> None:
    before = create_tables(storage.client, storage.prefix)

    assert create_tables(storage.client, storage.prefix) == before


def test_tables_have_the_templates_keys_and_indexes(storage: Storage) -> None:
    for table in tables_of():
        created = storage.client.describe_table(TableName=storage.prefix + table.name)["Table"]

        indexes = {index["IndexName"] for index in created.get("GlobalSecondaryIndexes", [])}
        assert created["KeySchema"] == table.arguments["KeySchema"]
        assert indexes == {index["IndexName"] for index in table.arguments.get("GlobalSecondaryIndexes", [])}


def test_items_with_an_expiry_will_be_deleted(storage: Storage) -> None:
    for table in tables_of():
        found = storage.client.describe_time_to_live(TableName=storage.prefix + table.name)

        expected = "DISABLED" if table.expires_by is None else "ENABLED"
        assert found["TimeToLiveDescription"]["TimeToLiveStatus"] == expected


def test_tests_start_with_empty_tables(tables: Storage) -> None:
    for number in range(60):
        tables.client.put_item(TableName=tables.prefix + "reports", Item={"pk": {"S": "x"}, "sk": {"S": str(number)}})
    assert len(tables.items("reports")) == 60

    tables.empty()

    assert tables.items("reports") == []
