// Partial updates: links and forms with data-target replace one region of the page with the same region of the
// answer. Without this script the same links and forms load whole pages.

const still = matchMedia("(prefers-reduced-motion: reduce)");

export async function fill(target, url, options = {}) {
  target.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...options, headers: { "X-Requested-With": "fragment", ...options.headers } });
    const text = await answer.text();
    if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error("expected a page");
    const page = new DOMParser().parseFromString(text, "text/html");
    const same = page.getElementById(target.id);
    if (!answer.ok && !same) throw new Error(`expected a page, got ${answer.status}`);
    const whole = page.querySelector("main");
    if (!same && whole) throw new Error("the answer has another shape");
    const messages = same && page.getElementById("flashes");
    if (messages?.children.length) document.getElementById("flashes")?.replaceChildren(...messages.children);
    if (same) target.replaceWith(same);
    else target.replaceChildren(...page.body.childNodes);
    (same ?? target).removeAttribute("aria-busy");
    const news = (same ?? target).querySelector("[data-announce]")?.textContent;
    if (news) document.getElementById("announce").textContent = news;
    (same ?? target).dispatchEvent(new CustomEvent("filled", { bubbles: true }));
    return answer;
  } finally {
    target.removeAttribute("aria-busy");
  }
}

const region = (element) => document.querySelector(element.dataset.target ?? null);

// The card that j and k stood on, so that focus does not fall out of the page when its region is replaced.
function place(element) {
  const items = [...document.querySelectorAll("[data-item]")];
  return items.indexOf(element.closest("[data-item]"));
}

function refocus(index) {
  if (document.activeElement !== document.body || index < 0) return;
  const items = document.querySelectorAll("[data-item]");
  (items[Math.min(index, items.length - 1)] ?? document.getElementById("main"))?.focus();
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-target], [data-get][data-target]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const target = region(link);
  if (!target) return;
  event.preventDefault();
  const url = link.dataset.get ?? link.href;
  try {
    await fill(target, url);
    if ("push" in link.dataset) history.pushState({ fragment: true }, "", url);
  } catch {
    location.assign(url);
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const target = form.dataset.target && region(form);
  if (!target || event.defaultPrevented) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const index = place(form);
  const get = form.method === "get";
  let url = form.action;
  const options = { method: "POST", body: fields };
  if (get) {
    for (const [name, value] of [...fields]) if (value === "") fields.delete(name, value);
    url = `${form.action.split("?")[0]}?${new URLSearchParams(fields)}`;
  }
  try {
    if ("dismiss" in form.dataset && !still.matches) {
      form.closest("[data-item]")?.classList.add("leaving");
    }
    await fill(target, url, get ? {} : options);
    if (get) history.pushState({ fragment: true }, "", url);
    else refocus(index);
  } catch {
    form.closest("[data-item]")?.classList.remove("leaving");
    if (get) location.assign(url);
    else form.submit();
  }
});

// A choice in a filter sends the form at once on wide screens; in the sheet on a phone the button does.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-submit-on-change]");
  if (form && !form.matches(":popover-open")) form.requestSubmit();
});

addEventListener("popstate", () => location.reload());

// A region that is still being worked on asks again until its answer no longer says so.
function poll(root) {
  for (const element of root.querySelectorAll("[data-poll]")) {
    setTimeout(() => {
      if (element.isConnected) fill(element, element.dataset.get).catch(() => poll(element.parentElement));
    }, Number(element.dataset.poll));
  }
}
document.addEventListener("filled", (event) => poll(event.target.parentElement ?? document));
poll(document);
