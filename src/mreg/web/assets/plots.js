"use strict";
// The plots of the two versions that the compare page is about, one over the other. Their data comes
// from the model's plots.js, which only a model with plots has; so does this come for these alone.
(() => {
  const { at, el, drawn, panel, heading, table } = mreg;
  const WIDTH = 420, LEFT = 58, RIGHT = 12, TOP = 42, HIGH = 176;
  const DASHES = ["", "6 4", "1.5 4", "9 4 2 4"];
  let wanted = null, known = null, asked = "";

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}\u2026` : text);
  const write = (text, x, y, more = {}) => drawn("text", { x, y, ...more }, text);
  const number = (value) => (Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : String(Number(value.toPrecision(4))));
  const isNumber = (it) => typeof it === "number" && Number.isFinite(it);

  // From values to places; all is halved on the way, lest it overflow.
  const scale = (values, begin, end, room) => {
    let least = Infinity, most = -Infinity;
    for (const it of values) { least = Math.min(least, it); most = Math.max(most, it); }
    if (least > most) [least, most] = [0, 1];
    const half = most / 2 - least / 2, more = half ? half * 2 * room : Math.abs(least) / 10 || 1;
    const bound = (it) => Math.min(Math.max(it, -Number.MAX_VALUE), Number.MAX_VALUE);
    least = bound(least - more);
    most = bound(most + more);
    const span = most / 2 - least / 2;
    const place = (it) => begin + (end - begin) * (span ? (it / 2 - least / 2) / span : 0.5);
    const raw = span / 5 * 2, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= raw);
    const ticks = [];
    for (let n = Math.ceil(least / step - 1e-9), k = 0; k < 7 && Number.isFinite(step); n++, k++) {
      const it = Number((n * step).toPrecision(12));
      if (it >= least && it <= most) ticks.push(it);
    }
    return { place: (it) => Math.round(place(it) * 100) / 100, ticks };
  };
  const image = (title, height, ...content) => drawn("svg", { class: "figure", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": title }, write(cut(title, 56), 4, 13, { class: "f-title" }), ...content);

  // Lines and points: a version has a colour, a column its dashes.
  const traces = (pair, plot) => pair.flatMap(([version, it], colour) => (it ? it.series.map(([name, xs, ys], n) => ({
    name: `${version} ${name}`.trim(), colour, dash: n, points: xs.map((x, k) => (isNumber(ys[k]) && x !== null ? [x, ys[k]] : null)),
  })) : []));
  const plotted = (plot, pair) => {
    const found = traces(pair, plot), points = found.flatMap((it) => it.points).filter(Boolean);
    const texts = points.some(([x]) => typeof x === "string") ? [...new Set(points.map(([x]) => String(x)))] : null;
    const x = (it) => (texts ? texts.indexOf(String(it)) : it);
    const wide = scale(points.map((it) => x(it[0])), LEFT, WIDTH - RIGHT, 0), high = scale(points.map((it) => it[1]), TOP + HIGH, TOP, 0.05);
    const base = TOP + HIGH, parts = [];
    for (const it of high.ticks) {
      const y = high.place(it);
      parts.push(drawn("line", { class: "f-grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }), write(number(it), LEFT - 6, y + 4, { "text-anchor": "end" }));
    }
    parts.push(drawn("line", { class: "f-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: base, y2: base }));
    let free = 0;
    for (const [text, value] of texts ? texts.map((it, n) => [it, n]) : wide.ticks.map((it) => [number(it), it])) {
      const half = cut(text, 14).length * 3.2, place = Math.min(Math.max(wide.place(value), half), WIDTH - half);
      if (place - half < free) continue;
      parts.push(write(cut(text, 14), place, base + 15, { "text-anchor": "middle" }));
      free = place + half + 8;
    }
    parts.push(write(cut(plot.y, 30), 4, TOP - 9, { class: "f-dim" }), write(cut(plot.x, 40), WIDTH / 2, base + 30, { class: "f-dim", "text-anchor": "middle" }));
    found.forEach((it, n) => {
      let line = "", dots = "", broken = true;
      it.points.forEach((point, k) => {
        if (!point) { broken = true; return; }
        const to = `${wide.place(x(point[0]))} ${high.place(point[1])}`;
        if (plot.kind === "scatter" || (broken && !it.points[k + 1])) { dots += `M${to}h0`; return; }
        line += `${broken ? "M" : "L"}${to}`;
        broken = false;
      });
      const dash = DASHES[it.dash % 4], y = base + 40 + 16 * n;
      const stroke = dash ? { "stroke-dasharray": dash } : {};
      if (line) parts.push(drawn("path", { class: `f-line f-${it.colour}`, d: line, ...stroke }));
      if (dots) parts.push(drawn("path", { class: `f-points f-${it.colour}`, d: dots }));
      parts.push(line ? drawn("path", { class: `f-line f-${it.colour}`, d: `M${LEFT} ${y}h22`, ...stroke }) : drawn("path", { class: `f-points f-${it.colour}`, d: `M${LEFT + 11} ${y}h0` }));
      parts.push(write(cut(it.name, 50), LEFT + 30, y + 4));
    });
    return [image(plot.title, base + 46 + 16 * found.length, ...parts)];
  };

  // A matrix for each of the two
  const matrices = (plot, pair) => pair.flatMap(([version, it], colour) => (it ? it.series.slice(0, 1).map(([, xs, ys, counts]) => {
    const columns = [...new Set(xs)].sort(mreg.order).slice(0, 20), rows = [...new Set(ys)].sort(mreg.order).slice(0, 20);
    const left = 116, side = (WIDTH - left - RIGHT) / columns.length, high = Math.min(side, 34), most = Math.max(...counts);
    const parts = [];
    rows.forEach((row, r) => {
      const y = TOP + r * high;
      parts.push(write(cut(row, 16), left - 6, y + high / 2 + 4, { "text-anchor": "end" }));
      columns.forEach((column, c) => {
        const place = xs.findIndex((name, n) => name === column && ys[n] === row), count = place < 0 ? 0 : counts[place];
        parts.push(drawn("rect", { class: `f-cell f-fill f-${colour}`, x: left + c * side, y, width: side, height: high, "fill-opacity": 0.04 + 0.5 * count / most }));
        if (columns.length <= 12) parts.push(write(String(count), left + (c + 0.5) * side, y + high / 2 + 4, { "text-anchor": "middle" }));
      });
    });
    const below = TOP + rows.length * high;
    columns.forEach((name, c) => parts.push(write(cut(name, Math.max(Math.floor(side / 6.3), 2)), left + (c + 0.5) * side, below + 14, { "text-anchor": "middle" })));
    parts.push(write(cut(plot.x, 40), WIDTH / 2, below + 30, { class: "f-dim", "text-anchor": "middle" }), write(cut(plot.y, 16), left - 6, TOP - 9, { class: "f-dim", "text-anchor": "end" }));
    return image(`${plot.title}, ${version}`, below + 40, ...parts);
  }) : []));

  const cells = (plot, pair) => {
    const rows = pair.flatMap(([version, it]) => (it ? it.series.flatMap(([name, xs, ys, counts]) => xs.map((x, n) => [`${version} ${name}`.trim(), x, ys[n], ...(counts.length ? [counts[n]] : [])])) : []));
    const head = ["version", plot.x, plot.y, ...(plot.kind === "confusion" ? ["count"] : [])];
    const body = rows.slice(0, 500).map((row) => el("tr", ...row.map((it) => el("td", it === null ? "" : String(it)))));
    const some = rows.length > 500 ? `, 500 of ${rows.length} rows` : "";
    return el("details", el("summary", `Show as a table${some}`), table(plot.title, head.map((it) => heading(it)), body));
  };
  const one = (plot, pair) => {
    const shown = { confusion: matrices, bars: () => [el("h3", plot.title)] }[plot.kind] ?? plotted;
    return el("div.plotted", ...shown(plot, pair), cells(plot, pair));
  };
  const show = () => {
    const place = at("#plots");
    place.replaceChildren();
    if (!wanted?.plots || known?.page !== `${wanted.folder}/index.html`) return;
    const sides = [wanted.a, wanted.b].map((version) => [version, known.versions[version]]);
    const ids = [...new Set(sides.flatMap(([, plots]) => (plots ?? []).filter((it) => it.kind !== "image").map((it) => it.id)))];
    const drawnPlots = ids.map((id) => {
      const pair = sides.map(([version, plots]) => [version, plots?.find((it) => it.id === id)]);
      return one(pair.find(([, it]) => it)[1], pair);
    });
    const absent = sides.filter(([, plots]) => !plots).map(([version]) => version);
    const note = absent.length ? el("p.pad.dim", `This site has no plots of ${absent.join(" and ")}.`) : null;
    if (!drawnPlots.length && !note) return;
    place.append(panel("plots-head", "Plots", "", drawnPlots.length ? el("div.plots.pad", ...drawnPlots) : null, note));
  };
  mreg.overlay = (pair) => {
    wanted = pair;
    show();
    if (pair.plots && asked !== pair.folder) { asked = pair.folder; mreg.load(`${pair.folder}/plots.js`); }
  };
  mreg.on.plots = (data) => { known = data; show(); };
  document.addEventListener("renewed", () => { asked = ""; });
})();
