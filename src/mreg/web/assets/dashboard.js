"use strict";
// The dashboard: it searches, filters and sorts the index, which data/index.js hands over.
(() => {
  const { at, all, el, button, drawn, link, day, order, shown, signed, tellAge } = mreg;

  // The search language of docs/reference/search.md, for the fields that the index has
  class Wrong extends Error {}
  const QUOTED = `(?:"(?:[^"]|"")*"|'(?:[^']|'')*')`;
  const BARE = `[^\\s"'()=!<>~]`;
  const NAME = `[^\\s"'()=!<>~.]+`;
  const RULES = Object.fromEntries(Object.entries({
    open: "\\(", close: "\\)", keyword: `(?:and|or|not)(?!${BARE}|[=!<>~])`,
    field: `${NAME}(?:\\.(?:${NAME}|${QUOTED}))*`, operator: "!=|<=|>=|[=<>~]", value: `${QUOTED}|${BARE}+`,
  }).map(([rule, pattern]) => [rule, new RegExp(`(?:${pattern})`, "iy")]));
  const DEEPEST = 50;
  const unquoted = (text) => (/^["']/.test(text) ? text.slice(1, -1).replaceAll(text[0] + text[0], text[0]) : text);

  const semver = (typed) => {
    const found = /^v?(\d{1,20}(?:\.\d{1,20}){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(typed);
    if (!found) return null;
    const numbers = found[1].split(".").map(BigInt);
    while (numbers.length < 3) numbers.push(0n);
    const before = found[2]?.split(".");
    if (before?.some((it) => it === "" || /^0\d+$/.test(it))) return null;
    return { numbers, before };
  };
  const precedence = (a, b) => {
    for (let n = 0; n < 3; n++) if (a.numbers[n] !== b.numbers[n]) return order(a.numbers[n], b.numbers[n]);
    if (!a.before || !b.before) return order(a.before ? 0 : 1, b.before ? 0 : 1);
    for (let n = 0; n < Math.max(a.before.length, b.before.length); n++) {
      const [x, y] = [a.before[n], b.before[n]];
      if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
      const [p, q] = [/^\d+$/.test(x), /^\d+$/.test(y)];
      const by = p && q ? order(BigInt(x), BigInt(y)) : p !== q ? (p ? -1 : 1) : order(x, y);
      if (by) return by;
    }
    return 0;
  };
  const holds = { "=": (by) => by === 0, "<": (by) => by < 0, "<=": (by) => by <= 0, ">": (by) => by > 0, ">=": (by) => by >= 0 };
  const containing = (wanted) => (value) => value.toLowerCase().includes(wanted.toLowerCase());
  const KINDS = {
    text(operator, wanted) {
      if (operator === "~") return containing(wanted);
      if (operator !== "=") throw new Wrong("text cannot be ordered: use =, != or ~");
      return (value) => value === wanted;
    },
    truth(operator, wanted) {
      if (operator !== "=" || !/^(true|false)$/i.test(wanted)) throw new Wrong("use =true or =false");
      return (value) => value === (wanted.toLowerCase() === "true");
    },
    version(operator, wanted) {
      if (operator === "~") return containing(wanted);
      const meant = semver(wanted);
      if (!meant) throw new Wrong(`${wanted} is not a version`);
      return (value) => { const own = semver(value); return own !== null && holds[operator](precedence(own, meant)); };
    },
    number(operator, wanted) {
      if (operator === "~") throw new Wrong("~ does not work for numbers");
      if (!/^[-+]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})(e[-+]?\d{1,9})?$/i.test(wanted)) throw new Wrong(`${wanted} is not a number`);
      const meant = Number(wanted);
      return (value) => holds[operator](order(value, meant));
    },
  };
  // A field gets its values out of a version of a row; null where the field is absent.
  const one = (value) => (value === null || value === undefined ? null : [value]);
  const FIELDS = {
    __proto__: null,
    artifact: [(row) => [row.name], "text"],
    version: [(row, it) => one(it.version), "version"],
    stage: [(row, it) => it.stages, "text"],
    latest: [(row, it) => [it.latest], "truth"],
    deprecated: [(row) => [row.deprecated], "truth"],
    type: [(row) => one(row.type), "text"],
    owner: [(row) => one(row.owner), "text"],
    license: [(row) => one(row.license), "text"],
    description: [(row) => one(row.description || null), "text"],
    label: [(row) => row.labels, "text"],
    "framework.name": [(row) => one(row.framework), "text"],
    metrics: [(row, it, key) => (row.metric?.name === key ? one(it.metric) : null), "number"],
    repository: [(row) => [row.repository], "text"],
  };
  const parse = (text) => {
    const asked = new Set();
    let place = 0;
    const peek = (rule) => {
      place = text.length - text.slice(place).trimStart().length;
      RULES[rule].lastIndex = place;
      return RULES[rule].exec(text)?.[0];
    };
    const take = (rule) => { const found = peek(rule); place += found?.length ?? 0; return found; };
    const keyword = (wanted) => peek("keyword")?.toLowerCase() === wanted && !!take("keyword");
    const several = (inner, word, joined) => (depth) => {
      const parts = [inner(depth)];
      while (keyword(word)) parts.push(inner(depth));
      return parts.length === 1 ? parts[0] : joined(parts);
    };
    const comparison = () => {
      const typed = take("field");
      if (!typed || /^(and|or)$/i.test(typed)) throw new Wrong("a field is missing");
      const [first, ...rest] = [...typed.matchAll(new RegExp(`${QUOTED}|${NAME}`, "g"))].map((it) => unquoted(it[0]));
      const whole = [first, ...rest].join(".");
      const name = FIELDS[whole] && whole !== "metrics" ? whole : first;
      const operator = take("operator");
      if (!operator) throw new Wrong("an operator is missing");
      const value = take("value");
      if (value === undefined) throw new Wrong("a value is missing");
      if (!FIELDS[name] || (name === first && rest.length > 0) !== (name === "metrics")) {
        throw new Wrong(`${whole} is not in the index; run mreg search in a clone`);
      }
      const [get, kind] = FIELDS[name];
      asked.add(name);
      const test = KINDS[kind](operator === "!=" ? "=" : operator, unquoted(value));
      return (row, it) => {
        const values = get(row, it, rest.join("."));
        return values !== null && values.some(test) !== (operator === "!=");
      };
    };
    const part = (depth) => {
      if (depth > DEEPEST) throw new Wrong("the expression is nested too deeply");
      if (keyword("not")) { const inner = part(depth + 1); return (...it) => !inner(...it); }
      if (take("open")) {
        const inner = expression(depth + 1);
        if (!take("close")) throw new Wrong("a parenthesis is not closed");
        return inner;
      }
      return comparison();
    };
    const every = several(part, "and", (parts) => (...it) => parts.every((test) => test(...it)));
    const expression = several(every, "or", (parts) => (...it) => parts.some((test) => test(...it)));
    const found = expression(1);
    if (text.slice(place).trim()) throw new Wrong("and or or is missing");
    return [found, asked];
  };
  // Words, of which each has to be somewhere in a row; or an expression, true of one of its versions.
  // Where pages are served, mreg itself says of which: it knows all fields.
  const query = (text) => {
    if (/[=<>~]/.test(text)) {
      const served = window.mregSearch?.(text, () => again());
      if (served?.wrong) throw new Wrong(served.wrong);
      if (served) return (row) => served.pages.includes(row.page);
      const [test, asked] = parse(text); // what is deprecated is left out, as mreg search does
      return (row) => (!row.deprecated || asked.has("deprecated")) && row.versions.some((it) => test(row, it));
    }
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return (row) => words.every((it) => row.words.includes(it));
  };

  // The dashboard
  const SIZE = 50, SEEN = 20;
  const STRIP = ["c0", "c1", "c2", "cur", "pulled"];
  const unpacked = (index) => index.rows.map((it, place) => {
    const [name, repository, page, description, type, owner, labels, framework, license, stage, stages, since, latest, metric, strip, flags, updated, bits] = it;
    const row = {
      place, name, repository: index.repositories[repository] ?? "", page, description, type, owner, labels, framework, license,
      stage, stages: { __proto__: null, ...stages }, since, latest: latest?.[0],
      metric: metric && { name: metric[0], value: metric[1], latest: metric[2], delta: metric[3], better: metric[4], at: metric[5], values: metric[6] },
      strip, flags, updated, deprecated: !!(bits & 1), waiting: !!(bits & 2), newer: !!(bits & 4), problems: !!(bits & 8),
    };
    const held = new Map();
    for (const [one, version] of Object.entries(stages)) held.set(version, [...(held.get(version) ?? []), one]);
    if (latest && !held.has(latest[0])) held.set(latest[0], []);
    row.versions = [...held].map(([version, its]) => ({
      version, stages: its, latest: latest?.[0] === version,
      metric: metric && (stages[stage] === version ? metric[1] : latest?.[0] === version ? metric[2] : null),
    }));
    row.words = [name, row.repository, description, type, owner, ...labels, framework, ...held.keys(), metric?.[0]].filter(Boolean).join(" ").toLowerCase();
    return row;
  });
  const SORTS = {
    name: (row) => row.name.toLowerCase(), since: (row) => row.since, next: (row) => Object.keys(row.stages).length,
    metric: (row) => row.metric?.value, delta: (row) => row.metric?.delta, updated: (row) => row.updated,
  };
  const FLAGS = { __proto__: null, newer: "newer than", waiting: "waiting", deprecated: "deprecated", problems: "problems" };
  const LISTS = ["stage", "repository", "type", "owner", "label"];
  const listed = (row, key) => (key === "stage" ? Object.keys(row.stages) : FIELDS[key][0](row) ?? []);

  const strip = (row) => {
    const paths = {};
    for (const [x, width, kind] of row.strip) paths[kind] = `${paths[kind] ?? ""}M${x} 7h${width}`;
    return drawn("svg", {}, ...Object.entries(paths).map(([kind, d]) => drawn("path", { class: STRIP[kind], d })));
  };
  const spark = ({ values, at: place }) => {
    const low = Math.min(...values), span = Math.max(...values) / 2 - low / 2;
    const points = values.map((it, n) => [3 + (78 * n) / (values.length - 1), 18 - 14 * (span ? (it / 2 - low / 2) / span : 0.5)].map(Math.round));
    const made = drawn("svg", {}, drawn("path", { d: `M${points.map((it) => it.join(" ")).join(" ")}` }));
    if (place !== null) made.append(drawn("circle", { cx: points[place][0], cy: points[place][1] }));
    return made;
  };
  const moment = (seconds) => {
    const when = new Date(seconds * 1000), made = el("time", day(when));
    made.dateTime = `${when.toISOString().slice(0, 16)}Z`;
    tellAge(made);
    return made;
  };
  const drawRow = (row, several, main) => {
    const name = link(row.name, row.page);
    const origin = [several ? row.repository : "", row.type === "model" ? "" : row.type, row.owner].filter(Boolean).join(" · ");
    const head = el("th", name, origin ? el("small", origin) : null, row.description ? el("p", row.description) : null);
    head.scope = "row";
    const held = row.stages[row.stage], metric = row.metric;
    const others = el("td");
    Object.entries(row.stages).filter(([stage]) => stage !== row.stage).slice(0, 3).forEach(([stage, version], n) => {
      if (n) others.append(el("br"));
      others.append(version, " ", el("small", stage));
    });
    const latest = !row.latest ? [el("small", "none")] : row.latest === held ? [el("small", "the same")]
      : [row.latest, typeof metric?.delta === "number" ? el({ true: "p.up", false: "p.down" }[metric.better] ?? "p", signed(metric.delta)) : null];
    return el("tr", head,
      held ? el("td", held, ...(row.stage === main ? [] : [" ", el("small", row.stage)]), moment(row.since)) : el("td", "-"),
      el("td", row.strip.length ? strip(row) : null),
      others,
      metric ? el("td", shown(metric.value ?? metric.latest), el("p", metric.name)) : el("td", "-"),
      el("td", metric && metric.values.length > 1 ? spark(metric) : null),
      el("td", ...latest),
      el("td", ...row.flags.flatMap(([grave, text]) => [el(`span.tag.${grave}`, text), " "]).slice(0, -1)),
    );
  };

  // It may come again, with other rows, when the page was renewed.
  let again = () => {}, later;
  addEventListener("hashchange", () => again());
  mreg.on.index = (index) => {
    const known = unpacked(index);
    const body = at("#rows");
    if (!body) return;
    clearTimeout(later);
    at("#chips").replaceChildren();
    const state = () => new URLSearchParams(location.hash.slice(1));
    const several = index.repositories.length > 1;
    const more = at("#more");
    let size = SIZE;

    const change = (key, value) => {
      const now = state();
      if (value) now.set(key, value); else now.delete(key);
      const text = String(now);
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
      size = SIZE;
      show(key === "q");
    };
    const asked = (now) => (now.get("is") ?? "").split(",").filter((it) => FLAGS[it]);
    const matching = (now) => {
      let text = () => true, said = "";
      try { text = query(now.get("q") ?? ""); } catch (error) { if (!(error instanceof Wrong)) throw error; said = error.message; }
      const flags = asked(now);
      const lists = LISTS.filter((key) => now.has(key));
      const found = known.filter((row) => flags.every((it) => row[it]) && lists.every((key) => listed(row, key).includes(now.get(key))) && text(row));
      return [found, said];
    };
    const sorted = (found, by) => {
      const [key, way] = [by.replace(/^-/, ""), by.startsWith("-") ? -1 : 1];
      if (!Object.hasOwn(SORTS, key)) return found;
      const value = SORTS[key];
      return [...found].sort((a, b) => {
        const [x, y] = [value(a) ?? null, value(b) ?? null];
        if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
        return way * order(x, y) || a.place - b.place;
      });
    };
    let shownRows = known.slice(0, SIZE);
    shownRows.forEach((row, n) => { // those that the page has
      const it = body.children[n];
      if (it && at("a", it).getAttribute("href") === row.page) row.drawn = it;
    });
    const show = (typing) => {
      const now = state();
      const [found, said] = matching(now);
      fill(sorted(found, now.get("sort") ?? ""));
      at("#said").textContent = said || (String(now) ? `${found.length.toLocaleString("en")} of ${known.length.toLocaleString("en")}` : "");
      mreg.unchoose();
      if (!typing) mark(now);
      rest(found.length);
    };
    // What is seen first is there at once; the rest when nobody types on. A row that stays is left
    // where it is, for what is taken out and put back is laid out anew.
    const fill = (found) => {
      shownRows = found.slice(0, size);
      told.open = false;
      clearTimeout(later);
      put(SEEN);
      if (shownRows.length > SEEN) later = setTimeout(put, 60);
    };
    const put = (most) => {
      const kept = new Set(shownRows.map((row) => row.drawn));
      for (const it of [...body.children]) if (!kept.has(it)) it.remove();
      let next = body.firstChild;
      for (const row of shownRows.slice(0, most)) {
        row.drawn ??= drawRow(row, several, index.main);
        if (row.drawn === next) next = next.nextSibling; else body.insertBefore(row.drawn, next);
      }
    };
    const rest = (count) => {
      more.hidden = count <= size;
      more.replaceChildren(button("", `Show ${Math.min(count - size, 200)} more of ${(count - size).toLocaleString("en")}`, () => {
        size += 200;
        show();
      }));
    };
    const mark = (now) => {
      const flags = asked(now);
      all("#chips button").forEach((it) => it.setAttribute("aria-pressed", flags.includes(it.dataset.is)));
      all("#chips select").forEach((it) => { it.value = now.get(it.name) ?? ""; it.classList.toggle("on", !!it.value); });
      if (document.activeElement !== at("#q")) at("#q").value = now.get("q") ?? "";
      const by = now.get("sort") ?? "";
      all("th[data-sort]").forEach((it) => {
        if (by.replace(/^-/, "") === it.dataset.sort) it.setAttribute("aria-sort", by.startsWith("-") ? "descending" : "ascending");
        else it.removeAttribute("aria-sort");
      });
    };
    // What the drawings show, in words
    const told = el("details", el("summary", "Show the charts as a table"));
    const then = (x) => day(new Date(Date.parse(index.as_of) - (180 - x) * 432e5)); // a pixel is half a day
    const spell = ([x, width, kind]) => `${then(x)} to ${kind === 3 ? "now" : then(x + width)}${kind === 4 ? ", pulled back" : ""}`;
    told.addEventListener("toggle", () => {
      if (!told.open) { told.lastChild.remove(); return; }
      const line = (form, ...cells) => el("tr", ...cells.map((it, n) => el(n ? form : "th", it)));
      const lines = shownRows.map((row) => line("td", row.name, row.strip.map(spell).join("; "), row.metric?.name ?? "", row.metric?.values.map(shown).join(", ") ?? ""));
      told.append(el("div.scroll", el("table", el("thead", line("th", "model", `${index.main}, 90 days`, "metric", "by version")), el("tbody", ...lines))));
      told.lastChild.tabIndex = 0;
    });
    at("details", more.parentElement)?.remove();
    more.after(told);
    // What there is to filter by
    for (const [key, text] of Object.entries(FLAGS)) {
      const count = known.filter((it) => it[key]).length;
      if (!count) continue;
      const chip = button(".chip", `${text}${key === "newer" ? ` ${index.main}` : ""} ${count}`, () => {
        const flags = asked(state());
        change("is", (flags.includes(key) ? flags.filter((it) => it !== key) : [...flags, key]).join(","));
      });
      chip.dataset.is = key;
      at("#chips").append(chip);
    }
    for (const key of LISTS) {
      const counts = new Map();
      known.forEach((row) => listed(row, key).forEach((it) => counts.set(it, (counts.get(it) ?? 0) + 1)));
      if (counts.size < (key === "stage" ? 1 : 2)) continue;
      const select = el("select", new Option(key, ""));
      select.name = key;
      select.setAttribute("aria-label", key);
      [...counts].sort((a, b) => b[1] - a[1] || order(a[0], b[0])).slice(0, 200).forEach(([it, count]) => select.append(new Option(`${it} (${count})`, it)));
      select.addEventListener("change", () => change(key, select.value));
      at("#chips").append(select);
    }
    all("th[data-sort]").forEach((head) => {
      head.replaceChildren(button("", head.textContent, () => {
        const key = head.dataset.sort, by = state().get("sort");
        const [first, second] = key === "name" ? [key, `-${key}`] : [`-${key}`, key];
        change("sort", by === first ? second : by === second ? "" : first);
      }));
    });
    at("#q").oninput = () => change("q", at("#q").value);
    at("#search").onsubmit = (event) => { event.preventDefault(); at("#rows a")?.focus(); };
    again = () => { size = SIZE; show(); };
    show();
    const typed = at("#q").value; // while the index was on its way
    if (typed !== (state().get("q") ?? "")) change("q", typed);
  };
  // The index comes when the first rows can be seen: reading that of 10,000 models takes a moment.
  mreg.dress(() => requestAnimationFrame(() => requestAnimationFrame(() => { if (at("#search")) mreg.load(at("#search").dataset.index); })));
})();
