"use strict";
// The compare page. Which model and versions, the address says: #m=REPOSITORY/NAME&a=v1.0.0&b=v1.1.0, the
// model as the folder of its page.
(() => {
  const { at, el, button, drawn, link, day, order, shown, signed } = mreg;
  const FOLDER = /^[a-z0-9_~-]+\/[a-z0-9_~-]+$/;
  const title = document.title;
  let model = null, folder = "";

  const state = () => new URLSearchParams(location.hash.slice(1));
  const load = (src) => mreg.load(src).addEventListener("error", () => { at("#summary").textContent = "This site does not contain this model."; });
  const go = (wanted) => {
    const now = state();
    for (const [key, value] of Object.entries(wanted)) now.set(key, value);
    history.replaceState(null, "", `#${now}`);
    show();
  };
  const option = (value, text, chosen) => new Option(text, value, chosen, chosen);
  const panel = (id, head, note, ...content) => {
    const name = el("h2", head);
    name.id = id;
    const made = el("section.panel", el("div.h", name, note ? el("span.dim", note) : null), ...content);
    made.setAttribute("aria-labelledby", id);
    return made;
  };
  const heading = (text, form = "th", scope = "col") => Object.assign(el(form, text), { scope });
  // A table that scrolls by itself where there is no room, for who has only keys, too
  const table = (label, head, rows, form = "table") => {
    const made = el("div.scroll", el(form, el("thead", el("tr", ...head)), el("tbody", ...rows)));
    made.tabIndex = 0;
    made.setAttribute("role", "region");
    made.setAttribute("aria-label", `${label} (table)`);
    return made;
  };
  // For plots.js
  Object.assign(mreg, { panel, heading, table });
  const named = (text, form = "th.mono") => heading(text, form, "row");
  // What a column of texts is in a version: it is written where it changes.
  const text = (runs, place) => {
    let found = null;
    for (const [from, value] of runs) if (from <= place) found = value;
    return found;
  };
  // A difference as decimals have it: 0.3 is 0.1 more than 0.2.
  const less = (a, b) => Number((b - a).toPrecision(12));
  const percent = (a, b) => (a ? `${signed(Number(((100 * less(a, b)) / Math.abs(a)).toPrecision(3)))} %` : "");
  const places = (it) => (isNumber(it) && !/e/.test(shown(it)) ? (shown(it).split(".")[1] ?? "").length : 0);
  const written = (it, digits) => (isNumber(it) && !/e/.test(shown(it)) ? it.toFixed(digits) : shown(it));
  const isNumber = (it) => typeof it === "number";

  // To the right is better, where it is known which way that is
  const bar = (part, way) => {
    const width = Math.max(2, Math.round(Math.abs(part) * 70)), right = part * (way || 1) > 0;
    const kind = !way ? "even" : right ? "up" : "down";
    const rect = drawn("rect", { class: kind, x: right ? 75 : 75 - width, y: 5, width, height: 8, rx: 2 });
    return drawn("svg", { class: "bar", viewBox: "0 0 150 18", "aria-hidden": "true" }, drawn("path", { d: "M75 1V17" }), rect);
  };
  const among = (values, way, a, b) => {
    const known = values.filter(isNumber), low = Math.min(...known), span = Math.max(...known) / 2 - low / 2;
    const x = (it) => { const part = span ? (it / 2 - low / 2) / span : 0.5; return Math.round(8 + 144 * (way < 0 ? 1 - part : part)); };
    const dots = known.map((it) => `M${x(it)} 9h0`).join("");
    const made = drawn("svg", { class: "among", viewBox: "0 0 160 18", "aria-hidden": "true" }, drawn("path", { class: "axis", d: "M4 9H156" }), drawn("path", { class: "all", d: dots }));
    if (isNumber(values[a])) made.append(drawn("circle", { class: "a", cx: x(values[a]), cy: 9, r: 4.5 }));
    if (isNumber(values[b])) made.append(drawn("circle", { class: "b", cx: x(values[b]), cy: 9, r: 4.5 }));
    return made;
  };

  const metrics = (a, b) => {
    const [first, second] = [model.versions[a][0], model.versions[b][0]];
    // Of the larger of the two, so that one that is thirty times as large leaves the others their bars
    const parts = model.metrics.map(([, , it]) => (isNumber(it[a]) && isNumber(it[b]) && it[a] !== it[b] ? Math.abs(less(it[a], it[b])) / Math.max(Math.abs(it[a]), Math.abs(it[b])) : 0));
    const most = Math.max(...parts, 1e-12), better = [], worse = [];
    let judged = 0;
    const rows = model.metrics.map(([name, way, values], n) => {
      const [old, now] = [values[a], values[b]], digits = Math.max(places(old), places(now));
      const both = isNumber(old) && isNumber(now), delta = both ? less(old, now) : null;
      const good = way && delta ? way * delta > 0 : null;
      if (way && both) judged += 1;
      if (good === true) better.push(name);
      if (good === false) worse.push(name);
      const words = delta === null ? "" : delta ? signed(delta) : "same";
      const form = good === null ? "td.num.dim" : good ? "td.num.up" : "td.num.down";
      const about = way ? (way > 0 ? "higher is better" : "lower is better") : "";
      const head = named(name);
      if (about) head.append(el("small", about));
      return el("tr", head, el("td.num", written(old, digits)), el("td.num", el("b", written(now, digits))), el(form, words, delta ? el("small", percent(old, now)) : null),
        el("td.drawing", parts[n] ? bar((Math.sign(delta) * parts[n]) / most, way) : null), el("td.drawing", values.filter(isNumber).length > 1 ? among(values, way, a, b) : null));
    });
    const head = [heading("metric"), heading(first, "th.num"), heading(second, "th.num"), heading("change", "th.num"), heading("", "th.drawing"), heading(`among all ${model.versions.length}`, "th.drawing")];
    head[4].append(el("span.unseen", "the change as a bar"));
    const every = el("details", el("summary", "Show all versions as a table"));
    every.addEventListener("toggle", () => {
      if (every.children.length > 1) return;
      every.append(table("Metrics of all versions", [heading("version"), ...model.metrics.map(([name]) => heading(name, "th.num"))],
        model.versions.map(([version], n) => el(n === a || n === b ? "tr.chosen" : "tr", named(version, "th.ver"), ...model.metrics.map(([, , values]) => el("td.num", shown(values[n])))))));
    });
    const note = model.metrics.some(([, way]) => way) ? `to the right is better; ring: ${first}, dot: ${second}` : `ring: ${first}, dot: ${second}`;
    return [rows.length ? panel("metrics", "Metrics", note, table("Metrics", head, rows, "table.metrics"), every) : null, better, worse, judged];
  };
  // A content that nobody looked at
  const UNKNOWN = "?";
  const section = (id, name, rows, a, b, all_) => {
    const read = rows.map(([key, runs]) => [key, text(runs, a), text(runs, b)]).filter(([, x, y]) => x !== null || y !== null);
    const same = (x, y) => x === y && x !== UNKNOWN;
    const differ = read.filter(([, x, y]) => !same(x, y));
    if (!read.length) return null;
    const value = (it, form) => (it === null || it === UNKNOWN ? el("td.dim", it === null ? "-" : "not compared: run mreg diff") : el("td", el(form, it)));
    const row = ([key, x, y]) => el("tr", named(key), value(x, same(x, y) ? "span" : "span.old"), same(x, y) ? el("td.dim", "the same") : value(y, "span.new"));
    const note = differ.length ? `${differ.length} of ${read.length} differ` : `${read.length === 1 ? "the same" : `all ${read.length} the same`}`;
    const wanted = all_ ? read : differ;
    const head = [heading(name.toLowerCase()), heading(model.versions[a][0]), heading(model.versions[b][0])];
    return panel(id, name, note, wanted.length ? table(name, head, wanted.map(row), "table.differ") : null);
  };
  const where = ([version, , , , , stages, pulled]) => {
    const parts = [stages.length ? `is in ${stages.join(", ")}` : "", pulled ? `was ${pulled}` : ""].filter(Boolean);
    return parts.length ? `${version} ${parts.join(" and ")}` : "";
  };
  const about = (place, role) => {
    const [version, seconds, commit, person, message] = model.versions[place];
    const made = el("time", day(new Date(seconds * 1000)));
    made.dateTime = new Date(seconds * 1000).toISOString();
    return el("li", el("b.ver", link(version, `${model.page}#${version}`)), " ", el("span.dim", role), el("div", message), el("div.dim", model.people[person], ", ", made, ", ", el("span.mono", commit.slice(0, 7))));
  };
  const quoted = (it) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(it) ? it : `'${it.replaceAll("'", "'\"'\"'")}'`);
  const command = (words) => {
    const copy = button(".copy", "copy");
    copy.setAttribute("aria-label", `Copy: ${words}`);
    return el("div.cmd", el("pre", el("code", words)), copy);
  };
  const beside = (a, b) => {
    const [x, y] = [model.versions[a], model.versions[b]];
    const repo = model.address ? ` --repo ${quoted(model.address)}` : "";
    const diff = `mreg diff ${quoted(`${model.name}@${x[0]}`)} ${quoted(`${model.name}@${y[0]}`)}${repo}`;
    const words = x[2] === y[2] ? "Both versions have the same commit." : "To see the commits in between and all other differences:";
    return [
      panel("two", "Both versions", "", el("ul.feed", about(b, "with"), about(a, "base"))),
      panel("code", "Code", "", el("div.pad", el("p.dim", words), command(diff),
        model.host && x[2] !== y[2] ? el("p", link(`${x[2].slice(0, 7)}...${y[2].slice(0, 7)} on ${new URL(model.host).host}`, model.host.replace("{a}", x[2]).replace("{b}", y[2]))) : null)),
    ];
  };
  const summary = (a, b, better, worse, judged) => {
    const parts = [where(model.versions[a]), where(model.versions[b])].filter(Boolean).map((it) => `${it}. `);
    const list = (names) => (names.length > 3 ? `${names.length} metrics` : names.join(", "));
    const verdict = [];
    if (better.length) verdict.push(el("b.up", `Better in ${better.length > 3 ? `${better.length} of ${judged} metrics` : list(better)}`));
    if (worse.length) verdict.push(el("b.down", `${better.length ? "worse" : "Worse"} in ${list(worse)}`));
    return [...parts, ...verdict.flatMap((it, n) => [n ? ", " : "", it]), verdict.length ? "." : ""];
  };

  const picked = (label, key, place) => {
    const select = el("select", ...model.versions.map(([version, , , , , stages, pulled], n) => option(version, [version, stages.join(", "), pulled].filter(Boolean).join(" - "), n === place)));
    select.name = key;
    select.addEventListener("change", () => { go({ [key]: select.value }); at(`#pickers select[name=${key}]`).focus(); });
    return el("label", label, " ", select);
  };
  const chip = (words, what) => button(".chip", words, what);
  const pickers = (a, b, all_) => {
    const version = (n) => model.versions[n][0];
    const held = model.versions.findIndex((it) => it[5].includes(model.main));
    const found = [picked("base", "a", a), chip("swap", () => go({ a: version(b), b: version(a) })), picked("with", "b", b)];
    if (held >= 0 && held !== a && held !== b) found.push(chip(`against ${model.main}`, () => go({ a: version(held) })));
    if (b + 1 < model.versions.length && b + 1 !== a) found.push(chip("compare with the previous", () => go({ a: version(b + 1) })));
    const only = chip("only differences", () => go({ all: all_ ? "" : "1" }));
    only.setAttribute("aria-pressed", !all_);
    found.push(only);
    at("#pickers").replaceChildren(...found);
  };
  const chosenPair = (now) => {
    const find = (version) => model.versions.findIndex((it) => it[0] === version);
    const held = model.versions.findIndex((it) => it[5].includes(model.main));
    const active = model.versions.findIndex((it) => it[6] !== "deregistered" && !it[0].includes("-"));
    let b = find(now.get("b")), a = find(now.get("a"));
    if (b < 0) b = a === 0 ? 1 : Math.max(active, 0);
    if (a < 0) a = held >= 0 && held !== b ? held : b + 1 < model.versions.length ? b + 1 : b - 1;
    return [a, b];
  };
  const show = () => {
    const now = state();
    if (now.get("m") !== folder || !folder) return begin();
    if (!model) return;
    const all_ = !!now.get("all"), [a, b] = chosenPair(now);
    const [x, y] = [model.versions[a], model.versions[b]];
    document.title = `${model.name}: ${y[0]} against ${x[0]} - ${title}`;
    at("#where").replaceChildren(link("Models", "index.html"), " / ", link(model.name, model.page));
    at("#title").replaceChildren(`${model.name}: `, el("span.with", y[0]), ` against ${x[0]}`);
    const [values, ...judged] = metrics(a, b);
    at("#summary").replaceChildren(...summary(a, b, ...judged));
    pickers(a, b, all_);
    const parts = [values, section("params", "Params", model.params, a, b, all_), section("schema", "Schema", model.schema, a, b, all_), section("inputs", "Made from", model.inputs, a, b, all_),
      section("requirements", "Requirements", model.requirements, a, b, all_), section("about", "Content and description", model.about, a, b, all_)].filter(Boolean);
    at("#compared").replaceChildren(...(parts.length ? parts : [panel("nothing", "Nothing to compare", "", el("p.pad.dim", "Neither version is annotated."))]));
    at("#beside").replaceChildren(...beside(a, b));
    overlay({ folder: `m/${folder}`, a: x[0], b: y[0], plots: model.plots });
  };
  // What draws plots comes for the first model that has some.
  let pair = null;
  const overlay = (now) => {
    pair = now;
    if (mreg.overlay) mreg.overlay(pair);
    else if (pair.plots && !at("#drawn")) {
      const style = Object.assign(el("link"), { id: "drawn", rel: "stylesheet", href: "a/plots.css" });
      style.onload = () => { mreg.load("a/plots.js").onload = () => overlay(pair); };
      document.head.append(style);
    }
  };
  const empty = (...words) => {
    at("#title").textContent = "Compare versions";
    at("#summary").replaceChildren(...words);
    for (const it of ["#pickers", "#compared", "#beside", "#plots"]) at(it).replaceChildren();
    at("#where").replaceChildren(link("Models", "index.html"));
  };
  const begin = () => {
    folder = state().get("m") ?? "";
    model = null;
    if (FOLDER.test(folder)) { empty(); load(`m/${folder}/data.js`); return; }
    empty("Choose a model, then two of its versions.");
    mreg.load(at("#pickers").dataset.index);
  };
  mreg.on.model = (data) => {
    // Another one may have been chosen meanwhile
    if (data.page !== `m/${folder}/index.html`) return;
    if (data.versions.length < 2) { empty(link(data.name, data.page), " has fewer than two versions."); return; }
    model = data;
    show();
  };
  mreg.on.index = ({ rows }) => {
    if (folder) return;
    if (!rows.length) { empty("There are no models yet."); return; }
    const of = (row) => row[2].slice("m/".length, -"/index.html".length);
    const select = el("select", option("", "choose one", true), ...[...rows].sort((a, b) => order(a[0], b[0])).map((it) => option(of(it), it[0], false)));
    select.addEventListener("change", () => { location.hash = new URLSearchParams({ m: select.value }); });
    at("#pickers").replaceChildren(el("label", "model ", select));
    // What is worth it: the latest versions that are not in production, against what is
    const worth = rows.filter((it) => it[17] & 4).map((it) => {
      const [name, latest, metric] = [it[0], it[12][0], it[13]], held = it[10][it[9]], m = of(it);
      const form = { true: "span.up", false: "span.down" }[metric?.[4]] ?? "span.dim";
      return el("li", link(`${name}: ${latest} against ${held}`, `#${new URLSearchParams({ m, a: held, b: latest })}`), " ", isNumber(metric?.[3]) ? el(form, `${signed(metric[3])} ${metric[0]}`) : null);
    });
    if (worth.length) at("#compared").replaceChildren(panel("worth", "Newer than production", `${worth.length}`, el("ul.feed", ...worth.slice(0, 100))));
  };
  at("#pickers").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", show);
  mreg.dress(() => { folder = ""; show(); });
})();
