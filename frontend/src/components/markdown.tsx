import { lazy, Suspense } from "react";
import classes from "./markdown.module.css";

interface Props {
  text: string;
}

/** Where the code that draws it cannot be read, as without a network, the text itself is better than nothing. */
const MarkdownText = lazy(() =>
  import("./markdown-text").then(
    ({ MarkdownText }) => ({ default: MarkdownText }),
    () => ({ default: PlainText }),
  ),
);

/** Markdown of whoever wrote it: no HTML in it comes to life, no address in it but web and mail. */
export function Markdown({ text }: Props) {
  return (
    <div className={classes.root}>
      <Suspense fallback={<PlainText text={text} />}>
        <MarkdownText text={text} />
      </Suspense>
    </div>
  );
}

function PlainText({ text }: Props) {
  return <p className={classes.plain}>{text}</p>;
}
