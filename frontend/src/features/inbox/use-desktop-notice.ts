import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { create } from "zustand";
import { approvalCountsQuery } from "@/api/queries/approvals";
import { plural } from "@/lib/format";

const KEY = "perdure-desktop-notice";

const useChoice = create<{ on: boolean }>(() => ({ on: recalled() }));

/** Whether somebody wants to be told outside of the page; they are asked by the browser when they first say so. */
export function useNoticeChoice() {
  const { on } = useChoice();
  const possible = "Notification" in globalThis;
  const toggle = async () => {
    const wanted = !on && (await Notification.requestPermission()) === "granted";
    localStorage.setItem(KEY, wanted ? "yes" : "no");
    useChoice.setState({ on: wanted });
  };
  return { possible, on, toggle: () => void toggle() };
}

/** Tell of new requests while the app is out of sight, whichever of its pages is open; a click leads to them. */
export function useDesktopNotice(onOpen: () => void): void {
  const { on } = useChoice();
  // Out of sight nothing is asked for by itself, and that is just when somebody wants to be told.
  const { data } = useQuery({ ...approvalCountsQuery, refetchIntervalInBackground: on });
  const mine = data?.views.mine?.count;
  const known = useRef(mine);
  const open = useRef(onOpen);
  open.current = onOpen;
  useEffect(() => {
    const more = mine !== undefined && known.current !== undefined && mine > known.current;
    known.current = mine ?? known.current;
    if (!on || !more || !document.hidden) return;
    const text = `${plural(mine, "request")} ${mine === 1 ? "waits" : "wait"} for you.`;
    const notice = shown(text);
    if (!notice) return;
    notice.onclick = () => {
      globalThis.focus();
      notice.close();
      open.current();
    };
  }, [mine, on]);
}

/** Some browsers have the permission, but show notices of service workers only. */
function shown(body: string): Notification | null {
  try {
    return new Notification("Perdure", { body, tag: "perdure-inbox" });
  } catch {
    return null;
  }
}

function recalled(): boolean {
  try {
    return localStorage.getItem(KEY) === "yes" && Notification.permission === "granted";
  } catch {
    return false;
  }
}
