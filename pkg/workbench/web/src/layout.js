// Which panes are seen, how the keyboard goes through them, and the colours.
import { by } from "./dom.js";

const tabs = [...document.querySelectorAll('[role="tab"]')];
const panes = ["manifest", "configuration", "result"];

/** Shows a pane where there is room for one only. */
export function showPane(name) {
  for (const tab of tabs) {
    const chosen = tab.dataset.pane === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    by("pane-" + tab.dataset.pane).toggleAttribute("data-shown", chosen);
  }
}

function wireTabs() {
  for (const tab of tabs) {
    tab.addEventListener("click", () => showPane(tab.dataset.pane));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const seen = tabs.filter((t) => t.offsetParent);
      const next = seen[(seen.indexOf(tab) + step + seen.length) % seen.length];
      showPane(next.dataset.pane);
      next.focus();
    });
  }
  showPane("manifest");
}

// F6 goes from pane to pane, as in other programs with panes. Tab leaves an editor.
function wireKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    const at = panes.findIndex((p) => by("pane-" + p).contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    const next = panes[(at < 0 ? 0 : at + step + panes.length) % panes.length];
    showPane(next);
    [...by("pane-" + next).querySelectorAll(".cm-content")].find((content) => content.offsetParent)?.focus();
  });
}

function wireTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = by("theme");
  const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const tell = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    tell();
  });
  system.addEventListener("change", tell);
  tell();
}

export function wire() {
  wireTabs();
  wireKeys();
  wireTheme();
}
