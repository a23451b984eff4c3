# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Elasticsearch answered, as data, or as words where it refused."""

from __future__ import annotations

import json
import re
from typing import Any

from ._endpoint import Answer
from ._errors import ApiError

_KIBANA_HEADER = "kbn-name"


def document(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer, whatever its status.

    :raises ApiError: where the answer does not come from Elasticsearch.
    """
    content = _content(answer)
    if isinstance(content, dict):
        return content
    raise _other_service(answer)


def documents(answer: Answer) -> list[dict[str, Any]]:
    """The JSON objects of an answer that is a list of them.

    :raises ApiError: where the answer does not come from Elasticsearch.
    """
    content = _content(answer)
    if isinstance(content, list) and all(isinstance(each, dict) for each in content):
        return content
    raise _other_service(answer)


def refusal(answer: Answer, login: str, advice: str) -> ApiError:
    """The error for an answer of 400 or more.

    :param login: as whom the request was made, in words.
    :param advice: what to do where this login is not accepted.
    """
    reason = reason_of(document(answer))
    message, hint = _refusals(answer.status, login, advice)
    text = f"{answer.url}: {message} (HTTP {answer.status})"
    return ApiError(f"{text}: {reason}." if reason else f"{text}.", hint=hint, status=answer.status)


def reason_of(content: dict[str, Any]) -> str:
    """The reasons that Elasticsearch gives, from the outermost to the cause, each said once."""
    error = content.get("error")
    if not isinstance(error, dict):
        return _sentence(error or content.get("message"))
    layers = [error, *_causes(error), *error.get("root_cause", [])]
    reasons = [_sentence(layer.get("reason") or layer.get("type")) for layer in layers]
    return ": ".join(dict.fromkeys(reason for reason in reasons if reason))


def _causes(error: dict[str, Any]) -> list[dict[str, Any]]:
    cause = error.get("caused_by")
    return [cause, *_causes(cause)] if isinstance(cause, dict) else []


def _sentence(text: Any) -> str:
    return str(text or "").strip().rstrip(".")


def _refusals(status: int, login: str, advice: str) -> tuple[str, str]:
    """What a status means here, and what to do."""
    if status == 401:
        return f"Elasticsearch does not accept {login}", advice
    if status == 403:
        return f"Elasticsearch does not allow this to {login}", ""
    if status == 404:
        return "Elasticsearch does not know what was asked for", ""
    if status == 429:
        return "Elasticsearch is too busy to answer", "Try again later, or raise retries."
    if status >= 500:
        return "Elasticsearch cannot answer now", "Its log and GET _cluster/health say why."
    return "Elasticsearch refused the request", ""


def _content(answer: Answer) -> Any:
    if _KIBANA_HEADER in answer.headers:
        raise _stranger(answer, "Kibana answered", "Give the address of Elasticsearch, its port is 9200 by default.")
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _other_service(answer: Answer) -> ApiError:
    return _stranger(answer, f"{_describe(answer)} answered", "Is another service or a proxy at this address?")


def _stranger(answer: Answer, what: str, hint: str) -> ApiError:
    return ApiError(f"{answer.url}: {what}, not Elasticsearch (HTTP {answer.status}).", hint=hint, status=answer.status)


def _describe(answer: Answer) -> str:
    """The other service by what it says of itself."""
    title = re.search(rb"<title>\s*(.{1,80}?)\s*</title>", answer.body, re.IGNORECASE | re.DOTALL)
    if title:
        return f"a web page titled {title.group(1).decode(errors='replace')!r}"
    kind = answer.headers.get("content-type", "").partition(";")[0]
    return f"something with a content of type {kind}" if kind else "something without a content"
