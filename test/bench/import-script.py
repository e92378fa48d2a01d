"""Reads the list of repositories as an import script does: page after page of 20, one at a time.

Usage: import-script.py BASE_URL SERVICE OWNER TOKEN

It prints a line of JSON for each repository. Unlike the scripts it stands for, it sends the token, keeps the connection open,
and hands the repositories to nobody, all of which only makes it faster.
"""

import json
import sys

import requests


def repositories(session, url):
    while url:
        response = session.get(url, timeout=30)
        response.raise_for_status()
        page = response.json()
        yield from page["results"]
        url = page["next"]


def main(base_url, service, owner, token):
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for row in repositories(session, f"{base_url}/api/v2/{service}/{owner}/repos/"):
            totals = row["totals"] or {}
            entity = {
                "identifier": row["name"],
                "branch": row["branch"],
                "coverage": totals.get("coverage"),
                "files": totals.get("files"),
                "lines": totals.get("lines"),
            }
            print(json.dumps(entity))


main(*sys.argv[1:])
