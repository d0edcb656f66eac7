import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import classes from "./markdown.module.css";

const PLUGINS = [remarkGfm];

/** Pictures from elsewhere would tell their server who reads when; they are offered as links. */
const PARTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  img: ({ src, alt }) => (
    <a href={typeof src === "string" ? src : undefined} target="_blank" rel="noreferrer noopener">
      {alt || "Picture"}
    </a>
  ),
  table: ({ children }) => (
    <div className={classes.table}>
      <table>{children}</table>
    </div>
  ),
};

interface Props {
  text: string;
}

/** The text of `Markdown`, in a file that is read only where there is any. */
export function MarkdownText({ text }: Props) {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={PARTS}>
      {text}
    </ReactMarkdown>
  );
}
