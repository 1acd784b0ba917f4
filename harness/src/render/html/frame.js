// What every page has: its data, light and dark, and a place that says what is broken.

const root = document.documentElement;

/** The data of an element: base64 of deflated JSON. Null if the page came without it. */
async function inflate(id) {
  const text = document.getElementById(id).textContent;
  if (!text) return null;
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

function makeTheme() {
  const read = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = new URLSearchParams(location.search).get("theme") ?? read();
  if (theme) root.dataset.theme = theme;
  document.getElementById("theme").addEventListener("click", () => {
    const now = root.dataset.theme ?? (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* not remembered, then */ }
  });
}

function trouble(what) {
  root.dataset.errors = Number(root.dataset.errors ?? 0) + 1;
  const box = document.getElementById("trouble");
  box.hidden = false;
  box.append(el("span", {}, `This page is broken: ${what} `));
}

root.dataset.errors = 0;
addEventListener("error", (event) => trouble(event.message));
addEventListener("unhandledrejection", (event) => trouble(event.reason));
