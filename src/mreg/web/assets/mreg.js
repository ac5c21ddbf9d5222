"use strict";
// What every page has. It only makes elements and sets their text: what a registry says is never
// taken for HTML. Pages are whole without it. Data comes by calls of mreg(...), since a page on
// file:// may neither fetch nor import; what the script of a page does with it stands in mreg.on.
(() => {
  const root = document.documentElement;
  const mreg = window.mreg = (what, data) => mreg.on[what]?.(data);
  mreg.on = {};
  root.classList.add("js");

  const at = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const SVG = "http://www.w3.org/2000/svg";

  // el("td.dim", "text", child): an element with classes and children; null is left out.
  const el = (form, ...children) => {
    const [name, ...classes] = form.split(".");
    const made = document.createElement(name);
    if (classes.length) made.className = classes.join(" ");
    made.append(...children.filter((it) => it !== null && it !== undefined));
    return made;
  };
  const button = (form, text, what) => Object.assign(el(`button${form}`, text), { type: "button", onclick: what });
  const link = (text, href) => Object.assign(el("a", text), { href });
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const shown = (value) => (value === null || value === undefined ? "-" : String(Math.abs(value) < 1e15 ? Number(value.toPrecision(6)) : value));
  const signed = (value) => (value > 0 ? "+" : "") + shown(value);
  const drawn = (name, attributes, ...children) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  // Light and dark
  const KEY = "mreg-theme";
  const wear = (theme) => { root.classList.remove("light", "dark"); if (theme) root.classList.add(theme); };
  try { wear(localStorage.getItem(KEY)); } catch { /* a host may forbid it */ }
  at("#theme")?.addEventListener("click", () => {
    const dark = root.classList.contains("dark") || (!root.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
    wear(dark ? "light" : "dark");
    try { localStorage.setItem(KEY, dark ? "light" : "dark"); } catch { /* likewise */ }
  });

  // How long ago
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const day = (when) => `${when.getUTCDate()} ${MONTHS[when.getUTCMonth()]} ${when.getUTCFullYear()}`;
  const ago = (when, now = new Date()) => {
    const hours = (now - when) / 36e5, days = hours / 24;
    if (hours < 1) return hours < 0 ? "" : "just now";
    const [count, unit] = hours < 48 ? [hours, "h"] : days < 730 ? [days, "d"] : [days / 365.25, "y"];
    return `${Math.floor(count)}\u00a0${unit}`;
  };
  const tellAge = (it) => {
    // A page as of then tells the day alone
    if (at('meta[name="mreg-at"]')?.content) return;
    const since = ago(new Date(it.dateTime));
    if (since && !it.dataset.told) { it.append(`, ${since}`); it.dataset.told = "1"; }
  };
  // What stands in the content is dressed when the page is there, and again when it was renewed.
  mreg.dress = (what) => { what(); document.addEventListener("renewed", what); };
  mreg.dress(() => {
    all("time").forEach((it) => { it.title = it.dateTime; });
    all("time.ago, .models time").forEach(tellAge);
  });

  // Copying a command
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".copy");
    if (!button) return;
    const text = at("code", button.parentElement).textContent;
    const done = () => { button.textContent = "copied"; setTimeout(() => { button.textContent = "copy"; }, 1500); };
    const select = () => getSelection().selectAllChildren(at("code", button.parentElement));
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, select); else select();
  });

  // Keys
  const KEYS = { "/": "search", "j": "next row", "k": "previous row", "Enter": "open the row", "c": "compare the row, or the latest version, with production", "?": "show or hide these keys", "Esc": "leave the search" };
  let chosen = -1;
  const rows = () => all(".models tbody > tr, .versions tbody > tr, .rows tbody > tr").filter((it) => !it.hidden);
  const choose = (place) => {
    const found = rows();
    found.forEach((it) => it.classList.remove("chosen"));
    chosen = Math.max(0, Math.min(place, found.length - 1));
    found[chosen]?.classList.add("chosen");
    found[chosen]?.scrollIntoView({ block: "nearest" });
  };
  mreg.unchoose = () => { chosen = -1; };
  const open = () => at("tr.chosen a")?.click();
  const compareKey = () => {
    const row = at("tr.chosen");
    if (at("#compare")) location.href = mreg.compare("", row?.id);
    else if (row) {
      const folder = /(?:^|\/)m\/([^/]+\/[^/]+)\/index\.html/.exec(at("a", row)?.getAttribute("href") ?? "");
      if (folder) location.href = `${at("#nav-compare").href}#m=${folder[1]}`;
    }
  };
  const help = () => {
    let box = at("#keys");
    if (!box) {
      box = el("dialog", el("h2", "Keys"), el("dl", ...Object.entries(KEYS).flatMap(([key, what]) => [el("dt", el("kbd", key)), el("dd", what)])));
      box.id = "keys";
      box.setAttribute("aria-label", "Keys");
      box.addEventListener("click", () => box.close());
      document.body.append(box);
    }
    if (box.open) box.close(); else box.showModal();
  };
  at("#help")?.addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "radio" && event.target.type !== "checkbox";
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing) return;
    if (event.key === "/" && at("#q")) { event.preventDefault(); at("#q").focus(); }
    else if (event.key === "j") choose(chosen + 1);
    else if (event.key === "k") choose(chosen - 1);
    else if (event.key === "c") compareKey();
    else if (event.key === "?") help();
    else if (event.key === "Enter" && event.target === document.body) open();
  });

  // More data, handed over by a script of its own
  const load = (src) => {
    const made = el("script");
    made.src = src;
    document.body.append(made);
    return made;
  };

  Object.assign(mreg, { load, at, all, el, button, drawn, link, day, order, shown, signed, tellAge });
})();
