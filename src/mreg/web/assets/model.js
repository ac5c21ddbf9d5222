"use strict";
// A model's page: each version leads to the compare page, against what holds production, and the one before.
(() => {
  const { at, all, el, link } = mreg;
  const compare = mreg.compare = (a, b) => {
    const place = new URL(at("#compare").href), now = new URLSearchParams(place.hash.slice(1));
    if (a) now.set("a", a);
    if (b) now.set("b", b);
    place.hash = now;
    return place.href;
  };
  mreg.dress(() => {
    if (!at("#compare")) return;
    const found = all(".versions tbody > tr"), held = at("#compare").dataset.held;
    found.forEach((row, n) => {
      const cell = el("td.compare"), before = found[n + 1]?.id;
      for (const [text, other] of [[at("#compare").dataset.main, held], ["previous", before]]) {
        if (!other || other === row.id || (text === "previous" && other === held)) continue;
        cell.append(cell.firstChild ? " · " : "", link(text, compare(other, row.id)));
      }
      row.append(cell);
    });
    if (found.length > 1) at(".versions thead > tr").append(Object.assign(el("th.compare", "compare"), { scope: "col" }));
  });
})();
