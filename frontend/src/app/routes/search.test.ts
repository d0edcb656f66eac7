import { expect, test } from "vitest";
import { parseSearch, stringifySearch, texts } from "./search";

test.each([
  ["q=1e5", "1e5"],
  ["q=410", "410"],
  ["q=0.10", "0.10"],
  ["q=12345678901234567890", "12345678901234567890"],
  ["q=true", "true"],
  ["q=null", "null"],
  ["q=%22as+it+is%22", '"as it is"'],
  ["q=%7B%22a%22%3A1%7D", '{"a":1}'],
  ["q=", undefined],
  ["p=1", undefined],
])(
  "what people write behind an address, %s, is the text that they have written, and stays so",
  (written, text) => {
    const search = texts(parseSearch(`?${written}`), "q");
    expect(search.q).toBe(text);
    if (text !== undefined) expect(stringifySearch(search)).toBe(`?${written}`);
  },
);
