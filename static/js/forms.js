// Help while writing: character counters, live answers to what is typed, a draft kept in this tab, and a warning
// before unsaved text is left. The server checks and keeps everything again; nothing here is relied on.

// The same address as in the page, version included: another one would load the module a second time.
const { fill } = await import(new URL(`fragments.js${new URL(import.meta.url).search}`, import.meta.url));

const timers = new WeakMap();
const later = (key, wait, act) => {
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(act, wait));
};

function count(field) {
  const note = document.getElementById(`${field.id}-count`);
  if (!note) return;
  const used = [...field.value].length;
  note.textContent = note.textContent.replace(/[\d.,\u00a0]+/, used.toLocaleString(document.documentElement.lang));
  note.classList.toggle("near", used > 0.8 * Number(field.dataset.count));
  note.classList.toggle("over", used > Number(field.dataset.count));
}

async function ask(form) {
  form.asking?.abort();
  form.asking = new AbortController();
  const options = { method: "POST", body: new FormData(form), signal: form.asking.signal };
  const regions = [...document.querySelectorAll(`[data-live-form="${CSS.escape(form.id)}"]`)].map((r) => [r, r.dataset.live]);
  const own = document.querySelector(form.dataset.liveTarget);
  if (own) regions.unshift([own, form.dataset.live]);
  // Where an answer fails, the help beside the form stays as it was; the form itself needs no answer.
  await Promise.allSettled(regions.map(([region, url]) => fill(region, url, options)));
}

// Drafts: what was typed, by field name, until a page without that form has been reached.
const storageKey = (form) => `draft:${form.dataset.draft}`;
const writable = (form) => [...form.elements].filter(
  (e) => e.name && e.name !== "csrf_token" && !["hidden", "password", "file", "submit", "button"].includes(e.type));

function keep(form) {
  const values = {};
  for (const e of writable(form)) {
    if (e.type === "checkbox" || e.type === "radio") (values[e.name] ??= []).push(...(e.checked ? [e.value] : []));
    else values[e.name] = e.multiple ? [...e.selectedOptions].map((o) => o.value) : e.value;
  }
  sessionStorage.setItem(storageKey(form), JSON.stringify(values));
}

function restore(form) {
  const values = JSON.parse(sessionStorage.getItem(storageKey(form)));
  for (const e of writable(form)) {
    const value = values[e.name];
    if (value === undefined) continue;
    if (e.type === "checkbox" || e.type === "radio") e.checked = value.includes(e.value);
    else if (e.multiple) for (const o of e.options) o.selected = value.includes(o.value);
    else e.value = value;
    if (e.dataset.count) count(e);
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const key of Object.keys(sessionStorage)) {
  const sent = key.startsWith("sent:") && key.slice(5);
  if (sent && !document.querySelector(`form[data-draft="${CSS.escape(sent)}"]`)) {
    sessionStorage.removeItem(key);
    sessionStorage.removeItem(`draft:${sent}`);
  }
}
for (const form of document.querySelectorAll("form[data-draft]")) {
  const notice = form.querySelector("[data-draft-notice]");
  if (!sessionStorage.getItem(storageKey(form)) || form.querySelector("#form-errors")) continue;
  if (notice) notice.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-draft-restore], [data-draft-discard]");
  if (!button) return;
  const form = button.closest("form");
  if ("draftRestore" in button.dataset) restore(form);
  else sessionStorage.removeItem(storageKey(form));
  button.closest("[data-draft-notice]").hidden = true;
  form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
});

document.addEventListener("input", (event) => {
  const field = event.target;
  const form = field.closest("form");
  if (field.dataset.count) count(field);
  if (!form) return;
  if ("guard" in form.dataset) form.dataset.changed = "";
  if (form.dataset.draft) later(field, 300, () => keep(form));
  if (form.dataset.live) later(form, 500, () => ask(form));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  // A second press before the answer has come would save the same thing twice.
  if (form.dataset.sending) return event.preventDefault();
  if (form.method === "post" && !form.dataset.target) {
    form.dataset.sending = "1";
    // Somebody who stopped the page from loading may try again.
    setTimeout(() => delete form.dataset.sending, 8000);
  }
  delete form.dataset.changed;
  if (form.dataset.draft) {
    keep(form);
    sessionStorage.setItem(`sent:${form.dataset.draft}`, "1");
  }
  if ("forgetDrafts" in form.dataset) sessionStorage.clear();
});

// Back brings the page as it was left, the mark of a sent form included.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});

addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-guard][data-changed]")) event.preventDefault();
});
