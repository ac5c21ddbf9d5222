"use strict";
// The script of pages that `mreg ui` serves: it keeps them current, and lets people act from them.
// What the server sends for that is a piece of a page, made by the same functions as the page.
(() => {
  const at = (selector, from = document) => from.querySelector(selector);
  const said = (key, from = document) => at(`meta[name="mreg-${key}"]`, from)?.content ?? "";
  const root = new URL(said("root"), location.href);
  const place = (path, query = {}) => Object.assign(new URL(path, root), { search: new URLSearchParams(query) });
  const parsed = (html) => [...new DOMParser().parseFromString(html, "text/html").body.childNodes];

  // What went wrong is said in the bar; the page stays as it is.
  const bar = document.createElement("div");
  bar.className = "ui-bar";
  const light = Object.assign(document.createElement("span"), { className: "ui-live" });
  light.setAttribute("role", "status");
  const tell = (text, state) => { light.textContent = text; light.dataset.state = state; };
  const SILENT = "the server does not answer";
  const asked = async (url, options) => {
    const answer = await fetch(url, { credentials: "same-origin", ...options }).catch(() => { throw new Error(SILENT); });
    if (!answer.ok) throw new Error((await answer.text()).trim() || answer.statusText);
    return answer;
  };

  // Where the keyboard is stays where it is when what is there is replaced
  const focused = () => {
    const it = document.activeElement;
    if (it?.id) return `#${CSS.escape(it.id)}`;
    return it?.dataset?.action && !box.contains(it) ? `main [data-action="${it.dataset.action}"]` : "";
  };
  const focus = (selector) => { if (selector) at(selector)?.focus({ preventScroll: true }); };

  // The page as it is now, in the place of what is shown
  let shown = null, newest = "", tries = 0, again = 0;
  const renew = async () => {
    clearTimeout(again);
    let answer;
    try { answer = await asked(location.pathname, { cache: "no-store" }); } catch (error) { tell(error.message, "bad"); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = at("main", page);
    for (const it of page.querySelectorAll('meta[name^="mreg-"]')) at(`meta[name="${it.name}"]`)?.setAttribute("content", it.content);
    live();
    // The server shows what it has until it has read what is new
    if (newest && newest !== said("state") && !said("trouble") && tries < 600) { tries += 1; again = setTimeout(renew, 250); } else tries = 0;
    if (!main || main.innerHTML === shown) return;
    shown = main.innerHTML;
    const open = [...document.querySelectorAll("main details[open] > summary")].map((it) => it.textContent);
    const kept = focused();
    const typed = at("#q")?.value;
    const panel = at(".panel.ui");
    at("main").replaceWith(document.adoptNode(main));
    if (panel) at("main .stack.rail")?.prepend(panel);
    for (const it of document.querySelectorAll("main summary")) if (open.includes(it.textContent)) it.parentElement.open = true;
    if (typed) at("#q").value = typed;
    document.dispatchEvent(new Event("renewed"));
    focus(kept);
  };
  const live = () => {
    if (newest && newest !== said("state") && !said("at") && !said("trouble")) tell("loading changes ...", "past");
    else if (said("trouble")) tell(`outdated: ${said("trouble")}`, "bad");
    else if (said("at")) tell(`as of ${said("at")}`, "past");
    else tell("live", "good");
  };

  // News: one connection while the page is looked at; a browser has six for all its tabs
  let news = null;
  const listen = () => {
    if (news || document.hidden) return;
    news = new EventSource(place("ui/events"));
    news.onmessage = (event) => { newest = event.data; if (event.data === said("state")) live(); else renew(); };
    news.onerror = () => tell(news.readyState === EventSource.CLOSED
      ? "outdated: the server no longer accepts this page; open the address that it printed last"
      : "outdated: the server does not answer; trying again", "bad");
  };
  const leave = () => { news?.close(); news = null; };
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else listen(); });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", listen);

  // As of another time
  const time = document.createElement("form");
  time.className = "ui-at";
  time.append(Object.assign(document.createElement("input"), { name: "at", placeholder: "as of: 2026-03-03", value: said("at"), ariaLabel: "As of a time", autocomplete: "off", size: 14 }));
  time.addEventListener("submit", (event) => {
    event.preventDefault();
    location.search = new URLSearchParams({ at: at("input", time).value });
  });

  // Acting
  const box = document.createElement("dialog");
  box.className = "ui-box";
  box.setAttribute("aria-labelledby", "ui-title");
  let form = null, model = "", seen = "", opener = "";
  const FIRST = ["[aria-invalid]", ".ui-go:not([type=submit])", "input, select, textarea", "[data-back]", "[data-close]"];
  const show = (...nodes) => {
    box.replaceChildren(...nodes);
    box.classList.toggle("ui-ending-box", Boolean(at(".ui-ending", box)));
    if (!box.open) box.showModal(); // which goes to the first field
    else FIRST.map((it) => at(it, box)).find((it) => it)?.focus();
  };
  const CLOSE = '<button type="button" data-close="">Close</button>';
  const buttons = (...made) => parsed(`<div class="ui-buttons">${made.join("")}</div>`);
  const ways = () => buttons(...(form && at("input, select, textarea", form) ? ['<button type="button" data-back="">Edit</button>'] : []), CLOSE);
  // What it is about stands above each step
  const titled = (text) => Object.assign(document.createElement("h2"), { id: "ui-title", textContent: text });
  const title = () => [form ? at("h2", form).cloneNode(true) : titled(at(opener)?.textContent ?? "Act")];
  // What is wrong with a field stands behind it, until something else is put in
  const right = () => {
    at("#ui-wrong", form)?.remove();
    const it = at("[aria-invalid]", form);
    if (!it) return;
    it.removeAttribute("aria-invalid");
    it.setAttribute("aria-describedby", it.dataset.help);
    if (!it.dataset.help) it.removeAttribute("aria-describedby");
  };
  const wrong = (it, said) => {
    said.id = "ui-wrong";
    said.removeAttribute("role"); // the focus goes to the field, which is described by it
    it.closest(".ui-field").append(said);
    it.dataset.help = it.getAttribute("aria-describedby") ?? "";
    it.setAttribute("aria-describedby", `${it.dataset.help} ui-wrong`.trim());
    it.setAttribute("aria-invalid", "true");
    const more = at("details", form);
    // An exception may be what its hint proposes
    if ([...(more?.querySelectorAll("input") ?? [])].some((one) => said.textContent.includes(`--${one.name.replace("_", "-")}`))) more.open = true;
  };
  const fail = (error, acting) => {
    const unsure = acting && error.message === SILENT ? "; the result is unknown: check the events before you try again" : "";
    const text = Object.assign(document.createElement("p"), { className: "ui-refused", textContent: error.message + unsure });
    text.setAttribute("role", "alert");
    show(...title(), text, ...ways());
  };
  const sent = async (path, values) => {
    const body = JSON.stringify({ action: form.dataset.action, model, seen, values });
    return (await asked(place(path), { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  };
  const values = () => Object.fromEntries(new FormData(form));
  let busy = false;
  const once = async (work, acting) => {
    if (busy) return;
    busy = true;
    box.setAttribute("aria-busy", "true");
    try { await work(); } catch (error) { fail(error, acting); } finally { busy = false; box.removeAttribute("aria-busy"); }
  };
  const begin = (action) => once(async () => {
    form = null;
    model = said("model");
    seen = said("seen");
    const answer = await asked(place("ui/form", { action, model }));
    if (answer.headers.get("Content-Type").startsWith("application/json")) { show(...title(), ...parsed((await answer.json()).html), ...ways()); return; }
    show(...parsed(await answer.text()));
    form = at("form", box);
    form.addEventListener("input", right);
  });
  const answered = (found) => {
    const step = parsed(found.html);
    const field = found.field && form.elements[found.field];
    if (field) {
      form.append(...step);
      wrong(field, at(".ui-refused", form));
      for (const it of step) if (it.parentNode === form) it.remove();
      show(form);
      return;
    }
    const outdated = found.outcome === "outdated";
    if (outdated) step.push(...buttons('<button type="button" class="ui-go" data-renew="">Show the current state</button>'));
    else if (!step.some((it) => it.querySelector?.("button"))) step.push(...ways());
    show(...title(), ...step);
    if (found.outcome === "done" || outdated) renew();
  };
  const push = () => {
    form = document.createElement("form");
    form.append(titled("Push"));
    form.dataset.action = "push";
    model = said("model") || model;
  };
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    right();
    once(async () => answered(await sent("ui/rehearse", values())));
  });
  // What is typed here is no key of the page; and a key that is held down does nothing unseen
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.repeat && event.key === "Enter" && event.target.tagName !== "TEXTAREA") event.preventDefault();
  });
  box.addEventListener("close", () => { box.replaceChildren(); focus(opener); renew(); });
  document.addEventListener("click", (event) => {
    const it = event.target.closest?.("[data-action], [data-act], [data-back], [data-close], [data-renew]");
    // The second click of a double click is for what was there at the first
    if (!it || it.tagName !== "BUTTON" || (event.detail > 1 && box.contains(it))) return;
    if ("close" in it.dataset || "renew" in it.dataset) box.close();
    else if ("back" in it.dataset) show(form);
    else if ("act" in it.dataset) once(async () => answered(await sent("ui/act", values())), true);
    else if (it.dataset.action === "push" && box.contains(it)) { push(); once(async () => answered(await sent("ui/act", {})), true); }
    else if (it.dataset.action) { opener = `main [data-action="${it.dataset.action}"]`; begin(it.dataset.action); }
  });

  // The buttons: on a model's page in its rail, elsewhere one that registers another model
  const offer = async () => {
    if ((said("read-only") && !said("elsewhere")) || said("at")) return;
    const rail = at("main .stack.rail");
    if (!said("model") && said("read-only")) return;
    if (!said("model")) {
      if (!at("#q")) return; // the dashboard
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Register a model", className: "ui-register" });
      button.dataset.action = "register";
      at("main .head.title")?.append(button);
    } else if (rail) {
      const answer = await asked(place("ui/actions", { model: said("model") }));
      const now = answer.headers.get("Content-Type").startsWith("text/html") ? parsed(await answer.text())[0] : null;
      const before = at(".panel.ui");
      if (now && now.outerHTML === before?.outerHTML) return;
      const kept = focused();
      const more = now && at("details", now);
      if (more && before && at("details[open]", before)) more.open = true;
      before?.remove();
      if (now) rail.prepend(now);
      focus(kept);
    }
  };
  document.addEventListener("renewed", () => offer().catch((error) => tell(error.message, "bad")));

  // Searching in the whole language: what is known by now, and `then` when it is more
  const WAITING = { wrong: "searching ..." };
  let search = {}, soon = 0;
  window.mregSearch = (text, then) => {
    if (search.text === text) return search.found;
    const mine = search = { text, found: WAITING };
    clearTimeout(soon);
    soon = setTimeout(async () => {
      try { mine.found = await (await asked(place("ui/search", { q: text, at: said("at") }))).json(); } catch (error) { mine.found = { wrong: error.message }; }
      if (search === mine) then();
    }, 120);
    return mine.found;
  };
  document.addEventListener("renewed", () => { search = {}; });

  document.addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("served");
    if (said("read-only")) bar.append(Object.assign(document.createElement("span"), { className: "ui-read-only", textContent: `read-only: ${said("read-only")}`, title: said("read-only") }));
    bar.append(time, light);
    at("header.top").insertBefore(bar, at("#theme"));
    document.body.append(box);
    live();
    listen();
    offer().catch((error) => tell(error.message, "bad"));
  });
})();
