"""What a person can do with a stack that runs: commands that work as pasted, in another terminal."""

from __future__ import annotations


def first_steps(connection_string: str, settings: dict[str, str]) -> str:
    """How to drop a file and see its row; `settings` must be exported first where they differ from the file's."""
    exports = [f"export {name}='{value}'" for name, value in settings.items()]
    ours = [
        "python -m cli train purchase-order samples/purchase-order/train",
        "python -m cli upload samples/purchase-order/read --to purchase-order --wait",
        "python -m cli status",
        "python -m cli query purchase-order",
    ]
    account = f"--connection-string '{connection_string}'"
    form, name = "samples/purchase-order/read/po-6.pdf", "purchase-order/po-6.pdf"
    az = [
        f"az storage blob upload {account} --container-name documents --file {form} --name {name} --overwrite",
        f"az storage entity query {account} --table-name Records --filter \"PartitionKey eq 'purchase-order'\"",
    ]
    return "\n".join(
        [
            "The stack runs until Ctrl-C. Files go into the container documents; the first folder chooses the model.",
            "In another terminal, in this folder:",
            *_block([*exports, *(f".venv/bin/{command}" for command in ours)]),
            "Or with the Azure CLI (Azure Storage Explorer shows the same under Emulator):",
            *_block(az),
            "README.md has the same in Python.",
        ]
    )


def _block(commands: list[str]) -> list[str]:
    return ["", *(f"    {command}" for command in commands), ""]
