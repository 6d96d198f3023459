"use strict";
(() => {
  const data = JSON.parse(document.getElementById("words-data").textContent);
  const text = data.texts, words = data.words;
  const blue = "#1F6FEB", orange = "#E8833A", grey = "#9AA5B1", red = "#C4452F", green = "#2D8A56";
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
  const config = { displayModeBar: false, responsive: true };
  const label = { profit: text.profit, gmv: text.gmv, spend: text.spend, clicks: text.clicks_a_day };
  const byId = id => document.getElementById(id);
  const axis = { gridcolor: "#EBF0F8", zerolinecolor: "#C8D0DA", automargin: true };
  const axisOf = more => Object.assign({}, axis, more);
  const layout = more => Object.assign({
    font, margin: { l: 8, r: 8, t: 40, b: 8 }, hovermode: "closest", paper_bgcolor: "#fff", plot_bgcolor: "#fff",
    legend: { orientation: "h", yref: "container", y: 1, yanchor: "top", x: 1, xanchor: "right" },
  }, more);
  const plain = name => name.replace(/&/g, "&amp;").replace(/</g, "&lt;");  // plotly reads tags
  const number = (x, digits) => x === null ? "-" :
    x.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const most = 12;
  let chosen = 0;

  /** The words that spend most, of those whose names would not cover each other. */
  function labelled(spent, top, width) {
    const chosen = [], room = 250 / Math.max(width, 250);
    for (const p of [...spent].sort((a, b) => b.x - a.x).slice(0, 60)) {
      const apart = q => Math.abs(Math.log10(p.x / q.x)) > room || Math.abs(Math.min(p.y, top) - Math.min(q.y, top)) > 0.07 * top;
      if (chosen.every(apart)) chosen.push(p);
    }
    return new Set(chosen.slice(0, 12).map(p => p.i));
  }

  function drawMap() {
    const kinds = [
      [text.raised, green, w => w.new > w.now], [text.lowered, red, w => w.new < w.now],
      [text.kept, grey, w => w.new === w.now],
    ];
    const spent = words.map((w, i) => ({ w, i, x: w.seen[0], y: w.seen[1] / w.seen[0] })).filter(p => p.x > 0);
    const sorted = spent.map(p => p.y).sort((a, b) => a - b);
    // A few lucky words would press all others flat: they stand on the upper edge, as triangles.
    const top = 1.3 * Math.max(sorted[Math.floor(0.93 * sorted.length)] || 0, data.even || 0, 1);
    const named = labelled(spent, top, byId("map-chart").clientWidth);
    const traces = kinds.map(([name, color, is]) => {
      const of = spent.filter(p => is(p.w));
      return {
        name, x: of.map(p => p.x), y: of.map(p => Math.min(p.y, top)), customdata: of.map(p => p.i), mode: "markers+text",
        text: of.map(p => named.has(p.i) ? plain(p.w.name) : ""), textposition: "top center", textfont: { size: 11 },
        hovertext: of.map(p => plain(p.w.name + " (" + p.w.plan + ")") + "<br>" + text.spent_lately + " " + number(p.x, 0) +
          ", " + text.roi_lately + " " + number(p.y, 2) + "<br>" + text.bid + " " + p.w.now.toFixed(2) + " → " +
          p.w.new.toFixed(2)),
        hoverinfo: "text", cliponaxis: false,
        marker: { color, size: 9, opacity: 0.65, symbol: of.map(p => p.y > top ? "triangle-up" : "circle") },
      };
    });
    const shapes = data.even === null ? [] : [{
      type: "line", xref: "paper", x0: 0, x1: 1, y0: data.even, y1: data.even, line: { color: grey, width: 1, dash: "dot" },
    }];
    const place = byId("map-chart");
    Plotly.newPlot(place, traces, layout({
      height: 440, shapes, xaxis: axisOf({ type: "log", title: { text: text.spent_15 }, dtick: "D2" }),
      yaxis: axisOf({ title: { text: text.roi_lately }, range: [-0.03 * top, 1.06 * top] }),
    }), config);
    place.on("plotly_click", event => {
      choose(event.points[0].customdata);
      byId("explorer").scrollIntoView();
    });
  }

  function drawCurve(word, figure) {
    const curve = word.curve, points = word.points, traces = [];
    const at = bid => curve.bid ? curve[figure][curve.bid.indexOf(bid)] : word.figures[figure][0];
    if (curve.bid) {
      traces.push({ name: text.curve_line, x: curve.bid, y: curve[figure], mode: "lines", line: { color: blue, width: 2.5 } });
    }
    traces.push({
      name: text.observed_at, x: points.bid, y: points[figure], mode: "markers",
      error_y: { type: "data", array: points[figure + "_error"].map(e => e === null ? 0 : e), color: grey, thickness: 1 },
      marker: { color: grey, size: points.days.map(n => 6 + Math.min(n, 30) / 4) },
      hovertext: points.bid.map((b, i) => b.toFixed(2) + ": " + number(points[figure][i], 1) + "<br>" + points.days[i] + " " +
        text.days_at + (points.cut_days[i] ? ", " + points.cut_days[i] + " " + text.cut_at : "")), hoverinfo: "text",
    });
    const line = { color: blue, width: 2 };
    traces.push({ name: text.now, x: [word.now], y: [at(word.now)], mode: "markers", marker: { size: 12, color: "#fff", line } });
    traces.push({ name: text.new, x: [word.new], y: [at(word.new)], mode: "markers", marker: { size: 12, color: blue, line } });
    const often = points[figure].filter((y, i) => points.days[i] > 2);  // single days would press the line flat
    const seen = [...(curve[figure] || []), ...often, at(word.now)].filter(y => y !== null);
    const low = Math.min(0, ...seen), high = Math.max(0, ...seen), room = (high - low || 1) * 0.12;
    return Plotly.react(byId("curve-chart"), traces, layout({
      height: 360, xaxis: axisOf({ title: { text: text.bid } }),
      yaxis: axisOf({ title: { text: label[figure] }, range: [low - (low < 0 ? room : 0), high + room] }),
    }), config);
  }

  function drawDays(word) {
    const of = name => word.daily[name], bar = { marker: { color: blue, opacity: 0.5 } };
    return Plotly.react(byId("days-chart"), [
      Object.assign({ name: text.spend, x: data.days, y: of("spend"), type: "bar" }, bar),
      { name: text.gmv, x: data.days, y: of("gmv"), mode: "lines", line: { color: orange } },
      { name: text.bid_in_force, x: data.days, y: of("bid"), mode: "lines", yaxis: "y2", line: { color: grey, shape: "hv" } },
    ], layout({
      height: 260, hovermode: "x unified", xaxis: axisOf({ type: "date", tickformat: "%m-%d" }),
      yaxis: axisOf({ rangemode: "tozero" }),
      yaxis2: axisOf({ overlaying: "y", side: "right", rangemode: "tozero", nticks: 4, tickformat: ".2f", showgrid: false, title: { text: text.bid } }),
    }), config);
  }

  function cell(tag, content, kind) {
    const made = document.createElement(tag);
    made.textContent = content;
    if (kind) made.className = kind;
    return made;
  }

  function tell(word) {
    byId("word-name").textContent = word.name;
    byId("word-place").textContent = [word.match, word.plan + " / " + word.unit, word.id, word.kind].filter(Boolean).join(" · ");
    const move = word.new === word.now ? text.kept : word.now.toFixed(2) + " → " + word.new.toFixed(2);
    byId("word-why").textContent = move + " · " + word.why + (word.curve.bid ? "" : " · " + text.no_curve);
    byId("word-points").textContent = word.points.bid.length ? "" : text.no_history;
    const rows = ["spend", "gmv", "profit", "clicks"].map(name => {
      const row = document.createElement("tr"), [now, next, low, high] = word.figures[name];
      row.append(cell("td", label[name]), cell("td", number(now, 1), "n"), cell("td", number(next, 1), "n"),
        cell("td", number(low, 1) + " – " + number(high, 1), "n"));
      return row;
    });
    byId("word-figures").replaceChildren(...rows);
  }

  function choose(place) {
    chosen = place;
    tell(words[place]);
    drawCurve(words[place], byId("figure").value);
    drawDays(words[place]);
    find();
  }

  function find() {
    const asked = byId("search").value.trim().toLowerCase();
    const has = w => [w.name, w.plan, w.unit, w.id].some(part => part.toLowerCase().includes(asked));
    const found = words.map((w, i) => i).filter(i => !asked || has(words[i])).slice(0, most);
    byId("found").replaceChildren(...found.map(i => {
      const button = cell("button", words[i].name + " "), place = cell("small", words[i].unit);
      button.append(place);
      button.type = "button";
      button.setAttribute("aria-pressed", String(i === chosen));
      button.addEventListener("click", () => choose(i));
      return button;
    }), ...(found.length ? [] : [cell("span", text.none_found, "soft")]));
    return found;
  }

  function fit(width) {
    document.querySelectorAll(".js-plotly-plot").forEach(plot => {
      if (width) Plotly.relayout(plot, { width, autosize: false });
      else Plotly.relayout(plot, { width: null, autosize: true });
    });
  }

  byId("search").addEventListener("input", find);
  byId("search").addEventListener("keydown", event => {
    const found = event.key === "Enter" ? find() : [];
    if (found.length) choose(found[0]);
  });
  byId("figure").addEventListener("change", () => choose(chosen));
  document.querySelectorAll("button.word").forEach(button => button.addEventListener("click", () => {
    const place = words.findIndex(w => w.id === button.dataset.id && w.plan === button.dataset.plan && w.unit === button.dataset.unit);
    if (place >= 0) {
      choose(place);
      byId("explorer").scrollIntoView();
    }
  }));
  window.addEventListener("beforeprint", () => fit(680));
  window.addEventListener("afterprint", () => fit(0));
  drawMap();
  choose(0);
})();
