// Sets the theme before the first paint. A file of its own, since the Content-Security-Policy forbids inline scripts.
(() => {
  let stored = {};
  try {
    stored = JSON.parse(localStorage.getItem("pod-watcher") || "{}");
  } catch {}
  const { contrast = "system" } = stored;
  const isWall = /\/wall$/.test(location.pathname);
  const theme = isWall ? (/[?&]theme=light\b/.test(location.search) ? "light" : "dark") : stored.theme || "system";
  const { classList } = document.documentElement;
  const wishes = (query) => matchMedia(query).matches;
  classList.toggle("pf-v6-theme-dark", theme === "dark" || (theme === "system" && wishes("(prefers-color-scheme: dark)")));
  classList.toggle(
    "pf-v6-theme-high-contrast",
    contrast === "high" || (contrast === "system" && wishes("(prefers-contrast: more)")),
  );
})();
