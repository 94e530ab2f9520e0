// Partial updates: links and forms with data-target replace one region of the page with the same region of the
// answer. Without this script the same links and forms load whole pages.

const still = matchMedia("(prefers-reduced-motion: reduce)");
const announce = (text) => { document.getElementById("announce").textContent = text; };

// An answer that is another page than the one asked for: a sign-in, an error, the page after a redirect.
class OtherPage extends Error {
  constructor(answer, page) {
    super(`expected a part of this page, got ${answer.status} from ${answer.url}`);
    Object.assign(this, { answer, page });
  }

  show() {
    if (this.answer.redirected && this.answer.ok) return location.assign(this.answer.url);
    const main = this.page.querySelector("main");
    document.querySelector("main").replaceWith(main);
    document.title = this.page.title;
    return main.focus();
  }
}

// Fill the region with the region of the same id in the answer, or with the whole answer where it is a fragment.
export async function fill(target, url, options = {}) {
  target.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...options, headers: { "X-Requested-With": "fragment" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const same = page.getElementById(target.id);
    if (!same && (page.querySelector("main") || !answer.ok)) throw new OtherPage(answer, page);
    const messages = page.getElementById("flashes");
    if (messages) document.getElementById("flashes").replaceChildren(...messages.childNodes);
    if (same) target.replaceWith(same);
    else target.replaceChildren(...page.body.childNodes);
    const filled = same ?? target;
    const news = filled.querySelector("[data-announce]")?.textContent;
    if (news) announce(news);
    filled.dispatchEvent(new CustomEvent("filled", { bubbles: true }));
    return filled;
  } finally {
    target.removeAttribute("aria-busy");
  }
}

const items = () => [...document.querySelectorAll("[data-item]")];

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-target], [data-get][data-target]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const target = document.querySelector(link.dataset.target);
  if (!target) return;
  event.preventDefault();
  const url = link.dataset.get ?? link.href;
  try {
    await fill(target, url);
    if ("push" in link.dataset) history.pushState({}, "", url);
  } catch {
    location.assign(link.href ?? location.href);
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const target = form.dataset.target && document.querySelector(form.dataset.target);
  if (!target || event.defaultPrevented) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const card = form.closest("[data-item]");
  const place = items().indexOf(card);
  const get = form.method === "get";
  let url = event.submitter?.getAttribute("formaction") ?? form.action;
  if (get) url = `${url.split("?")[0]}?${new URLSearchParams([...fields].filter(([, value]) => value !== ""))}`;
  if ("dismiss" in form.dataset && !still.matches) card?.classList.add("leaving");
  try {
    await fill(target, url, get ? {} : { method: "POST", body: fields });
    if (get) return history.pushState({}, "", url);
    // The pressed button is gone: focus goes to the card that took its place.
    const left = items();
    if (place >= 0) (left[Math.min(place, left.length - 1)] ?? document.getElementById("main")).focus();
  } catch (error) {
    card?.classList.remove("leaving");
    if (error instanceof OtherPage) error.show();
    else if (get) location.assign(url);
    else form.submit();
  }
});

// A choice in a filter sends the form at once on wide screens; in the sheet on a phone the button does.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-submit-on-change]");
  if (form && !form.matches(":popover-open")) form.requestSubmit();
});

addEventListener("popstate", () => location.reload());

// A region that is still being worked on asks again until the answer no longer says so.
function poll(root) {
  for (const element of root.querySelectorAll("[data-poll]")) {
    setTimeout(() => {
      if (element.isConnected) fill(element, element.dataset.get).catch(() => poll(element.parentElement));
    }, Number(element.dataset.poll));
  }
}
document.addEventListener("filled", (event) => poll(event.target.parentElement));
poll(document);
