"""Counts the lines of the product: src without tests and what only tests use.

Usage: tests/product-lines.py [COMMIT...]   the working tree, or these commits
Prints all lines, and those that are code: neither blank nor a comment.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def git(*arguments):
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout


def sources(commit):
    """The text of each Rust file in src, but for files of tests."""
    names = git("ls-tree", "-r", "--name-only", commit, "src") if commit else git("ls-files", "src")
    for name in names.splitlines():
        parts = pathlib.PurePath(name).with_suffix("").parts
        if name.endswith(".rs") and not {"tests", "testing"} & set(parts):
            yield git("show", f"{commit}:{name}") if commit else (ROOT / name).read_text()


def product(text):
    """The lines of a file without its items for tests."""
    lines = iter(text.rstrip().split("\n"))
    for line in lines:
        if line != "#[cfg(test)]":
            yield line
            continue
        item = next(lines)
        while item.startswith("#["):
            item = next(lines)
        if not item.endswith(";"):
            while item != "}":
                item = next(lines)


def count(commit):
    lines = [line.strip() for text in sources(commit) for line in product(text)]
    code = [line for line in lines if line and not line.startswith("//")]
    return f"{commit or 'working tree'}: {len(lines)} lines, {len(code)} of code"


for commit in sys.argv[1:] or [None]:
    print(count(commit))
