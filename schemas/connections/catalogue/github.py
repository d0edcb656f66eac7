"""Actions of GitHub."""

from typing import Final

from schemas.connections.actions import ConnectionAction
from schemas.connections.catalogue import action, number, text, texts

_REPOSITORY: Final = {"owner": text("Owner of the repository."), "repo": text("Name of the repository.")}
_ISSUE: Final = {**_REPOSITORY, "issue_number": number("Number of the issue.", minimum=1)}

ACTIONS: Final[tuple[ConnectionAction, ...]] = (
    action(
        "create_issue",
        "Create an issue",
        "POST /repos/{owner}/{repo}/issues",
        "owner",
        "repo",
        "title",
        path=("owner", "repo"),
        arguments={
            **_REPOSITORY,
            "title": text("Title of the issue."),
            "body": text("Text of the issue, in Markdown."),
            "labels": texts("Names of labels."),
            "assignees": texts("Logins of those who shall do it."),
        },
        template={"title": "{title}", "body": "{body}", "labels": "{labels}", "assignees": "{assignees}"},
        scopes=("repo",),
    ),
    action(
        "comment_on_issue",
        "Comment on an issue or pull request",
        "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
        "owner",
        "repo",
        "issue_number",
        "text",
        path=("owner", "repo", "issue_number"),
        arguments={**_ISSUE, "text": text("The comment, in Markdown.")},
        template={"body": "{text}"},
        scopes=("repo",),
    ),
    action(
        "close_issue",
        "Close an issue",
        "PATCH /repos/{owner}/{repo}/issues/{issue_number}",
        "owner",
        "repo",
        "issue_number",
        path=("owner", "repo", "issue_number"),
        arguments={**_ISSUE, "reason": text("Why.", enum=["completed", "not_planned"])},
        template={"state": "closed", "state_reason": "{reason}"},
        scopes=("repo",),
    ),
    action(
        "get_issue",
        "Read an issue",
        "GET /repos/{owner}/{repo}/issues/{issue_number}",
        "owner",
        "repo",
        "issue_number",
        path=("owner", "repo", "issue_number"),
        arguments=_ISSUE,
        scopes=("repo",),
    ),
    action(
        "list_issues",
        "List issues",
        "GET /repos/{owner}/{repo}/issues",
        "owner",
        "repo",
        path=("owner", "repo"),
        query=("state", "labels", "per_page", "page"),
        arguments={
            **_REPOSITORY,
            "state": text("Which of them.", enum=["open", "closed", "all"]),
            "labels": text("Names of labels, separated by commas."),
            "per_page": number("At most so many.", minimum=1, maximum=100),
            "page": number("Number of the page.", minimum=1),
        },
        scopes=("repo",),
    ),
)
