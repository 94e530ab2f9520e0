// Single keys for people who come often: / search, j and k through a list, ? help. They can be switched off in the
// help, are silent while someone types, and leave every combination to the browser.

const stored = "shortcuts";
const box = document.querySelector("[data-shortcuts]");
if (box) {
  box.checked = localStorage.getItem(stored) !== "off";
  box.addEventListener("change", () => localStorage.setItem(stored, box.checked ? "on" : "off"));
}

function step(by) {
  const items = [...document.querySelectorAll("[data-item]")].filter((item) => item.checkVisibility());
  if (!items.length) return;
  const at = items.indexOf(document.activeElement.closest("[data-item]"));
  const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(Math.max(at + by, 0), items.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  "/": () => {
    const search = document.querySelector("[data-search]");
    search?.focus();
    search?.select();
  },
  "?": () => document.getElementById("keyboard-help")?.showPopover?.(),
  j: () => step(1),
  k: () => step(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !(event.key in keys)) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
  if (localStorage.getItem(stored) === "off") return;
  event.preventDefault();
  keys[event.key]();
});
