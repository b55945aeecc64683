"""``python -m linli.cli.reference FOLDER``: write the reference anew (``make docs`` does it for this repository)."""

import asyncio
import os
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Replace the pages in ``folder``; what is no page of the reference any more goes."""
    # The command line takes its texts from the terminal's language as it is imported; these documents are English.
    os.environ["LANGUAGE"] = "en"
    from linli.cli.reference.document import pages

    written = asyncio.run(pages())
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
