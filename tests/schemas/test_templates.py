"""Text with `{{ … }}`."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import ErrorCode, PerdureError
from schemas.expressions import expression_spans, has_template, parse_template, references, resolve

SCOPE: dict[str, Any] = {
    "input": {"name": "Ada", "n": 2, "f": 1.5, "yes": True, "none": None, "list": [1, "a"], "map": {"k": {"v": 1}}},
    "nodes": {"a": {"output": "out", "status": "completed", "iteration": 0, "error": None}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ input.n }}", 2),
        ("{{input.n}}", 2),
        ("{{\n input.n \n}}", 2),
        ("{{ input.map }}", {"k": {"v": 1}}),
        ("{{ input.none }}", None),
        ("{{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("{{{'a': {'b': 1}}}}", {"a": {"b": 1}}),
        ("{{ [[1]] }}", [[1]]),
        ("{{ '}}' }}", "}}"),
        ("{{ '{{' }}", "{{"),
        ('{{ "}}" }}', "}}"),
        ("{{ 'it\\'s }}' }}", "it's }}"),
        ("{{ '\\\\' }}", "\\"),
        ("{{ '''}}''' }}", "}}"),
        ("{{ '''a'}}'b''' }}", "a'}}'b"),
        ('{{ """}}\n""" }}', "}}\n"),
        ("{{ r'\\d}}' }}", "\\d}}"),
        ("{{ b'}}' }}", "}}"),
        ("{{ input.n // a comment }}\n}}", 2),
    ],
)
def test_one_expression_gives_its_typed_value(text: str, expected: Any) -> None:
    found = parse_template(text).render(SCOPE)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" {{ input.n }}", " 2"),
        ("{{ input.n }} ", "2 "),
        ("{{ input.n }}{{ input.n }}", "22"),
        ("Hello {{ input.name }}!", "Hello Ada!"),
        ("{{ input.f }} {{ input.yes }} [{{ input.none }}]", "1.5 true []"),
        ("list: {{ input.list }}", 'list: [1,"a"]'),
        ("map: {{ input.map }}", 'map: {"k":{"v":1}}'),
        ("a } b }} c { d {{ input.n }} }}", "a } b }} c { d 2 }}"),
        ("", ""),
        ("no braces", "no braces"),
        ("ünï {{ input.name }} 😀", "ünï Ada 😀"),
    ],
)
def test_anything_else_gives_text(text: str, expected: str) -> None:
    assert parse_template(text).render(SCOPE) == expected


@pytest.mark.parametrize(
    "text", ["{{", "{{ input.n", "{{ input.n }", "{{ 'a }}", "{{ (1 }}", "{{ '''a' }}", "x {{ [ }} y"]
)
def test_an_expression_must_end(text: str) -> None:
    with pytest.raises(PerdureError, match="no closing") as raised:
        parse_template(text)
    assert raised.value.code is ErrorCode.EXPRESSION_FAILED


@pytest.mark.parametrize("text", ["{{ }}", "{{}}", "{{ 1 + }}", "{{ foo }}", "{{ input.n) }}", "{{ {} } }}"])
def test_what_is_inside_must_compile(text: str) -> None:
    with pytest.raises(PerdureError):
        parse_template(text)


def test_resolve_fills_in_every_string_of_a_value() -> None:
    value = {"a": "{{ input.n }}", "b": ["{{ input.name }}!", 1, None, True, {"{{ key }}": "plain"}]}
    assert resolve(value, SCOPE) == {"a": 2, "b": ["Ada!", 1, None, True, {"{{ key }}": "plain"}]}
    assert value["a"] == "{{ input.n }}"


def test_what_was_filled_in_is_not_looked_at_again() -> None:
    scope = {"input": {"name": "{{ input.secret }}", "secret": "s"}}
    assert resolve("{{ input.name }} {{ input.name }}", scope) == "{{ input.secret }} {{ input.secret }}"
    assert resolve(["{{ input.name }}"], scope) == ["{{ input.secret }}"]


def test_references_and_has_template_look_everywhere() -> None:
    value = {"a": ["x {{ nodes.a.output }}"], "b": {"c": "{{ nodes.b.status + nodes.c.status }}"}, "d": 1}
    assert references(value) == {"a", "b", "c"}
    assert has_template(value)
    assert not has_template({"a": ["{ }", 1, None], "{{ key }}": 2})


def test_spans_are_the_insides() -> None:
    text = "a {{ x }} {{'}}'}}"
    assert [text[start:end] for start, end in expression_spans(text)] == [" x ", "'}}'"]


def test_text_that_grows_too_large_is_refused() -> None:
    text = "{{ input.x }}" * 3
    with pytest.raises(PerdureError, match="larger than"):
        parse_template(text).render({"input": {"x": "a" * 400_000}})


plain_texts = st.text(st.characters(exclude_characters="{", exclude_categories=["Cs"]), max_size=20)
literals = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(parts=st.lists(st.tuples(plain_texts, literals), max_size=5), end=plain_texts)
@settings(max_examples=200, deadline=None)
def test_texts_and_literals_come_out_as_they_went_in(parts: list[tuple[str, str]], end: str) -> None:
    template = "".join(f"{text}{{{{ {json.dumps(literal, ensure_ascii=False)} }}}}" for text, literal in parts) + end
    assert parse_template(template).render({}) == "".join(text + literal for text, literal in parts) + end


@given(text=st.text(alphabet="{}'\"\\r[]() a1/\n", max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_renders_or_is_refused(text: str) -> None:
    try:
        template = parse_template(text)
    except PerdureError:
        assert "{{" in text
    else:
        assert template.expressions or template.render({}) == text
