import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";

const CODE = {
  panel: () => import("./node-panel"),
  settings: () => import("./document-panel"),
  yaml: () => import("./yaml-panel"),
  test: () => import("./test-dialog"),
  publish: () => import("./publish-dialog"),
  conflict: () => import("./editor-conflict"),
};

/* What nobody sees when an editor opens: three quarters of its code, most of it forms and code fields. */
export const NodePanel = lazy(async () => ({ default: (await CODE.panel()).NodePanel }));
export const DocumentPanel = lazy(async () => ({ default: (await CODE.settings()).DocumentPanel }));
export const YamlPanel = lazy(async () => ({ default: (await CODE.yaml()).YamlPanel }));
export const TestDialog = lazy(async () => ({ default: (await CODE.test()).TestDialog }));
export const PublishDialog = lazy(async () => ({ default: (await CODE.publish()).PublishDialog }));
export const EditorConflict = lazy(async () => ({ default: (await CODE.conflict()).EditorConflict }));

const SIGNS = ["pointermove", "pointerdown", "keydown"] as const;

/** Fetches the late parts at the first sign of a hand, so that they are there when it has chosen something. */
export function useLateParts(): void {
  useEffect(() => {
    const fetchAll = () => {
      forgetSigns();
      // Whoever needs one that cannot be fetched is told so then.
      for (const part of Object.values(CODE)) part().catch(() => undefined);
    };
    const forgetSigns = () => {
      for (const sign of SIGNS) window.removeEventListener(sign, fetchAll);
    };
    for (const sign of SIGNS) window.addEventListener(sign, fetchAll, { passive: true });
    return forgetSigns;
  }, []);
}

interface LateProps {
  /** Whether it is to be seen. Once it was, it stays, so that it can close as it likes. */
  wanted: boolean;
  children: ReactNode;
}

/** A part whose code may still be on its way. */
export function Late({ wanted, children }: LateProps) {
  const [begun, begin] = useState(wanted);
  if (wanted && !begun) begin(true);
  return begun && <Suspense fallback={null}>{children}</Suspense>;
}
