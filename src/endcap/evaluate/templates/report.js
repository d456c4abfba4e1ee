// The plots of a report: one function each, from the figures of a task to options of ECharts.
const tasks = JSON.parse(document.getElementById("tasks").textContent);
const beside = JSON.parse(document.getElementById("beside").textContent);
const shades = {
  light: { model: ["#0f766e", "#2563a8", "#6d4fa3", "#3f8f4f", "#14828f", "#8a4b7d"], slot: ["#b45309", "#c2410c", "#a16207"], baseline: ["#5d6675", "#8b93a1", "#b3b9c3"] },
  dark: { model: ["#3cb8a9", "#6aa5e8", "#a98be0", "#78c586", "#5cc3d0", "#cf8cc0"], slot: ["#e2933f", "#f0804f", "#cfa53a"], baseline: ["#8d97a6", "#6b7686", "#aab3bf"] },
};
const tones = () => (window.matchMedia("screen and (prefers-color-scheme: dark)").matches ? shades.dark : shades.light);
const narrow = () => document.body.clientWidth < 600;
const short = (words, most = 24) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);
const spoken = (interval) => `${interval[0].toFixed(4)}${interval[1] === null || interval[2] - interval[1] < 0.00005 ? "" : ` <span style="color:${soft}">(${interval[1].toFixed(4)} – ${interval[2].toFixed(4)})</span>`}`;
const grid = { left: 4, right: 16, top: 8, bottom: 4, containLabel: true };
const values = (more = {}) => ({ type: "value", splitNumber: narrow() ? 2 : 4, axisLabel: { ...text, hideOverlap: true }, splitLine: { lineStyle: { color: line } }, ...more });
const names = (data, more = {}) => ({ type: "category", data, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { ...text, color: ink, width: narrow() ? 120 : 170, overflow: "truncate" }, ...more });
const tip = (formatter) => ({ trigger: "item", confine: true, textStyle: text, formatter });
const legend = { bottom: 0, left: 0, itemWidth: 18, itemGap: 14, icon: "roundRect", itemHeight: 3 };

// The rows of a task that have anything to show, each with the tone it has in every plot.
function toned(rows, queries = Infinity) {
  const used = { model: 0, slot: 0, baseline: 0 }, palette = tones();
  return rows
    .map((row) => ({ ...row, tone: palette[row.kind][used[row.kind]++ % palette[row.kind].length] }))
    .filter((row) => !(row.empty >= queries) && row.metrics[MAIN]);
}

// Two series of a plot with one dot for each row and its interval: rows are {at: [mean, low, high], tone}.
function dotted(rows, ends = 4) {
  const whisker = (params, api) => {
    const [left, right] = [1, 2].map((at) => api.coord([api.value(at), api.value(0)]));
    const bar = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: api.visual("color"), lineWidth: 1.5 } });
    return { type: "group", children: [
      bar(left[0], left[1], right[0], right[1]),
      ...(ends ? [bar(left[0], left[1] - ends, left[0], left[1] + ends), bar(right[0], right[1] - ends, right[0], right[1] + ends)] : []),
    ] };
  };
  const known = rows.map((row, place) => ({ ...row, place }));
  return [
    { type: "custom", renderItem: whisker, encode: { x: [1, 2], y: 0 }, data: known.filter(({ at }) => at[1] !== null).map(({ at, place, tone }) => ({ value: [place, at[1], at[2]], row: place, itemStyle: { color: tone } })) },
    { type: "scatter", symbolSize: 8, z: 3, data: known.map(({ at, place, tone }) => ({ value: [at[0], place], row: place, itemStyle: { color: tone } })) },
  ];
}

function reached(task) {
  const rows = toned(task.rows, task.queries).reverse();
  return {
    grid, xAxis: values({ min: 0 }), yAxis: names(rows.map((row) => row.name)),
    tooltip: tip(({ data }) => `<b style="color:${ink}">${escaped(rows[data.row].name)}</b><br>${spoken(rows[data.row].metrics[MAIN])}`),
    series: dotted(rows.map((row) => ({ at: row.metrics[MAIN], tone: row.tone }))),
  };
}

function curve(task) {
  const rows = toned(task.rows, task.queries);
  const cuts = rows.length ? Object.keys(rows[0].metrics).filter((key) => key.startsWith("Recall@")).map((key) => Number(key.slice(7))).sort((a, b) => a - b) : [];
  return {
    grid: { ...grid, bottom: 26 + 20 * Math.ceil(rows.length / (narrow() ? 1.9 : 3)) },
    legend: { ...legend, textStyle: { ...text, color: ink } },
    xAxis: { type: "category", data: cuts, boundaryGap: false, name: "items shown", nameLocation: "middle", nameGap: 26, nameTextStyle: text, axisLabel: text, axisTick: { show: false }, axisLine: { lineStyle: { color: soft } } },
    yAxis: values({ min: 0, axisLabel: { ...text, formatter: (share) => `${+(100 * share).toFixed(1)} %` } }),
    tooltip: { trigger: "axis", confine: true, order: "valueDesc", textStyle: text, valueFormatter: (share) => `${(100 * share).toFixed(1)} %` },
    series: rows.map((row) => ({
      name: row.name, type: "line", color: row.tone, symbol: "circle", symbolSize: 5,
      lineStyle: { width: row.kind === "baseline" ? 1.5 : 2, type: row.kind === "baseline" ? "dashed" : "solid" },
      data: cuts.map((k) => row.metrics[`Recall@${k}`][0]),
    })),
  };
}

function parts(task) {
  const named = (rows, name) => rows.find((row) => row.name === name);
  const winner = task.rows.find((row) => row.kind !== "baseline").name, bar = task.rows.find((row) => row.kind === "baseline").name;
  const rows = task.segments
    .map((part) => ({ name: part.name, enough: part.enough, at: named(part.rows, winner).above[bar], test: named(part.rows, winner).tests[bar] }))
    .filter((part) => part.enough && part.at && part.test).reverse();
  const tone = ({ at, test }) => (test.corrected < 0.05 && at[1] * at[2] > 0 ? (at[0] > 0 ? accent : warm) : quiet);
  return {
    grid, xAxis: values(), yAxis: names(rows.map((row) => row.name), { axisLine: { show: true, onZero: true, lineStyle: { color: soft } } }),
    tooltip: tip(({ data }) => `<b style="color:${ink}">${escaped(rows[data.row].name)}</b><br>${spoken(rows[data.row].at)}`),
    series: dotted(rows.map((row) => ({ at: row.at, tone: tone(row) })), 0),
  };
}

// Which row of each task is shown where it misses: chosen in the page.
const chosen = (task, place) => document.querySelector(`.misses[data-of="${place}"] select`).value;

function misses(task, { of, division }) {
  const found = task.residuals[chosen(task, of)].divisions[division];
  const cells = found.cells.filter((cell) => cell.enough).reverse();
  const average = cells.length ? cells[0].main[0] - cells[0].beside[0] : 0;
  const most = Math.max(0.01, ...Object.values(task.residuals).flatMap((row) => row.divisions[division].cells.filter((cell) => cell.enough).map((cell) => cell.main[2] ?? cell.main[0])));
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((wide) => most / wide <= 4) ?? 0.25;
  const series = dotted(cells.map((cell) => ({ at: cell.main, tone: cell.shown ? (cell.beside[0] < 0 ? warm : accent) : quiet })), 0);
  series[1].markLine = { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: soft, type: "dashed", width: 1 }, data: [{ xAxis: average }] };
  return {
    grid: { ...grid, right: 14 }, xAxis: values({ min: 0, max: Math.ceil(most / step) * step, interval: step }), yAxis: names(cells.map((cell) => cell.name), { axisLabel: { ...text, color: ink, width: 148, overflow: "truncate" } }),
    tooltip: tip(({ data }) => { const cell = cells[data.row]; return `<b style="color:${ink}">${escaped(cell.name)}</b><br>${MAIN} ${spoken(cell.main)}<br>found for ${(100 * cell.hit[0]).toFixed(1)} % of ${cell.queries.toLocaleString("en")} queries<br>${cell.beside[0] >= 0 ? "+" : ""}${cell.beside[0].toFixed(4)} beside the average${cell.p === null ? "" : `, p = ${cell.p.toFixed(3)}`}`; }),
    series,
  };
}

function windows({ of, pooled }) {
  const found = beside.protocols[of][pooled], rows = toned(found.rows);
  return {
    grid: { ...grid, bottom: 10 + 22 * Math.ceil(rows.length / (narrow() ? 1.8 : 2)) },
    legend: { ...legend, textStyle: { ...text, color: ink } },
    xAxis: { type: "category", data: Array.from({ length: found.windows }, (_, place) => `window ${place + 1}`), axisLabel: text, axisTick: { show: false }, axisLine: { lineStyle: { color: soft } } },
    yAxis: values({ min: 0 }),
    tooltip: { trigger: "axis", confine: true, order: "valueDesc", textStyle: text, valueFormatter: (value) => (value === null || value === undefined ? "–" : value.toFixed(4)) },
    series: rows.map((row) => ({ name: row.name, type: "line", color: row.tone, symbolSize: 6, lineStyle: { width: row.kind === "baseline" ? 1.5 : 2, type: row.kind === "baseline" ? "dashed" : "solid" }, data: row.windows })),
  };
}

function learned({ of, curve: which }) {
  const found = beside.curves[of].curves[which], sessions = found.over === "sessions";
  const said = found.points.map((point) => (sessions ? `${+(100 * point.at).toPrecision(3)} %` : `${point.at}`));
  const band = (key, tone, name, dash) => [
    { type: "line", name: `${name} low`, stack: name, symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, data: found.points.map((point) => point[key]?.[1] ?? null) },
    { type: "line", name: `${name} high`, stack: name, symbol: "none", silent: true, lineStyle: { opacity: 0 }, areaStyle: { color: tone, opacity: 0.13 }, tooltip: { show: false }, data: found.points.map((point) => (point[key] ? point[key][2] - point[key][1] : null)) },
    { type: "line", name, color: tone, symbol: "circle", symbolSize: 6, lineStyle: { width: 2, type: dash }, data: found.points.map((point) => point[key]?.[0] ?? null) },
  ];
  return {
    grid: { ...grid, bottom: 52 },
    legend: { ...legend, data: ["later time", "what it was trained on"], textStyle: { ...text, color: ink } },
    xAxis: { type: "category", data: said, name: found.over, nameLocation: "middle", nameGap: 24, nameTextStyle: text, axisLabel: text, axisTick: { show: false }, axisLine: { lineStyle: { color: soft } } },
    yAxis: values({ min: 0 }),
    tooltip: { trigger: "axis", confine: true, textStyle: text, valueFormatter: (value) => (value === null || value === undefined ? "–" : value.toFixed(4)) },
    series: [...band("unseen", accent, "later time", "solid"), ...band("seen", warm, "what it was trained on", "dashed")],
  };
}

function worth() {
  const task = tasks.find((one) => one.enough), costs = Object.fromEntries(beside.costs.map((cost) => [cost.name, cost]));
  const rows = toned(task.rows, task.queries).filter((row) => costs[row.name]?.single_ms);
  return {
    grid: { ...grid, bottom: 26, top: 30, right: 84 },
    xAxis: { type: "log", name: "ms for one query", nameLocation: "middle", nameGap: 26, nameTextStyle: text, axisLabel: text, splitLine: { lineStyle: { color: line } }, axisLine: { lineStyle: { color: soft } } },
    yAxis: values({ min: 0, name: `${MAIN}, ${task.title}`, nameTextStyle: { ...text, align: "left" } }),
    tooltip: tip(({ data }) => `<b style="color:${ink}">${escaped(data.name)}</b><br>${MAIN} ${data.value[1].toFixed(4)}, ${data.value[0].toFixed(3)} ms`),
    series: [{ type: "scatter", symbolSize: 10, labelLayout: { hideOverlap: true }, label: { show: true, position: "right", ...text, color: ink, formatter: ({ name }) => short(name, 18) }, data: rows.map((row) => ({ name: row.name, value: [costs[row.name].single_ms, row.metrics[MAIN][0]], itemStyle: { color: row.tone } })) }],
  };
}

const redraw = draw({
  reached: ({ dataset }) => reached(tasks[dataset.of]),
  curve: ({ dataset }) => curve(tasks[dataset.of]),
  parts: ({ dataset }) => parts(tasks[dataset.of]),
  misses: ({ dataset }) => misses(tasks[dataset.of], dataset),
  windows: ({ dataset }) => windows(dataset),
  learned: ({ dataset }) => learned(dataset),
  worth,
});

for (const select of document.querySelectorAll(".misses select"))
  select.addEventListener("change", () => {
    const box = select.closest(".misses"), said = tasks[box.dataset.of].residuals[select.value].worst;
    const items = (said.length ? said : ["No part is shown to lie below the average."]).map((words) => Object.assign(document.createElement("li"), { textContent: words, className: said.length ? "" : "soft" }));
    box.querySelector(".worst").replaceChildren(...items);
    redraw();
  });
