# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._answer import document, reason_of, refusal
from ansible_collections.stacktls.elastic.plugins.module_utils._endpoint import Answer
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError


def answer(body: str, status: int = 200, **headers: str) -> Answer:
    return Answer("https://es1:9200", status, headers, body.encode())


def test_a_document_is_returned_whatever_the_status() -> None:
    assert document(answer('{"a": 1}', 500)) == {"a": 1}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer("<html><TITLE>\n Welcome </TITLE>"), "a web page titled 'Welcome' answered"),
        (answer("hello", **{"content-type": "text/plain; charset=utf-8"}), "a content of type text/plain answered"),
        (answer("", 204), "something without a content answered"),
        (answer("[1]"), "something without a content answered"),
        (answer('{"statusCode": 404}', 404, **{"kbn-name": "kb1"}), "Kibana answered"),
    ],
)
def test_somebody_else_is_told_apart(given: Answer, words: str) -> None:
    with pytest.raises(ApiError, match="not Elasticsearch") as caught:
        document(given)
    assert words in str(caught.value)
    assert caught.value.status == given.status


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("no handler found.", "no handler found"),
        ({"type": "t"}, "t"),
        ({"type": "t", "reason": "outer", "root_cause": [{"reason": "outer"}]}, "outer"),
        (
            {
                "reason": "outer",
                "root_cause": [{"reason": "outer"}, {"reason": "root"}],
                "caused_by": {"reason": "middle", "caused_by": {"reason": "inner"}},
            },
            "outer: middle: inner: root",
        ),
    ],
)
def test_reasons_are_said_once_from_the_outside_in(error: Any, words: str) -> None:
    assert reason_of({"error": error}) == words


def test_an_answer_without_a_reason() -> None:
    assert reason_of({}) == ""
    error = refusal(answer("{}", 404), "user 'u'", "")
    assert str(error) == "https://es1:9200: Elasticsearch does not know what was asked for (HTTP 404)."


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "refused the request"), (418, "refused the request"), (429, "too busy"), (500, "cannot answer now")],
)
def test_each_status_has_its_words(status: int, words: str) -> None:
    error = refusal(answer(json.dumps({"error": {"reason": "why"}}), status), "user 'u'", "")
    assert words in str(error)
    assert f"(HTTP {status}): why." in str(error)
    assert error.status == status
