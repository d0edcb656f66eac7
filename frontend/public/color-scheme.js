// Before the first paint, so that nobody sees the wrong colours flash by. A file, because the page allows no inline script.
(() => {
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("perdure-color-scheme") || "auto";
  } catch {}
  const dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
