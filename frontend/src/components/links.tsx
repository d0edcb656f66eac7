import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Native = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps | keyof AnchorProps> & {
  ref?: Ref<HTMLAnchorElement>;
};

/** A link to a page of the app, as text. */
export const LinkAnchor = createLink(({ ref, ...props }: AnchorProps & Native) => (
  <Anchor ref={ref} {...props} />
));

/** A link to a page of the app, as a button. */
export const LinkButton = createLink(({ ref, ...props }: ButtonProps & Native) => (
  <Button component="a" ref={ref} {...props} />
));
