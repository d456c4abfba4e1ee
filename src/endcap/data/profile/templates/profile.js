// The plots of a data profile: one function each, from the facts to options of ECharts.
const profile = JSON.parse(document.getElementById("profile").textContent);
const tones = {
  impression: "#8b93a1", view: "#2563a8", click: "#14828f", cart: "#6d4fa3", uncart: "#8a4b7d",
  purchase: accent, return: warm, search: "#5d6675",
};
const shades = ["#0f766e", "#2563a8", "#6d4fa3", "#3f8f4f", "#14828f", "#8a4b7d", "#a16207", "#4b6478", "#5b7f3a", "#7a5c99"];
const many = (count) => count.toLocaleString("en");
const calm = (words) => (words === words.toUpperCase() ? words.toLowerCase() : words);
const percent = (share) => `${(100 * share).toFixed(share && Math.abs(share) < 0.1 ? 1 : 0)} %`;
const short = (count) => (count >= 1e6 ? `${+(count / 1e6).toPrecision(3)} M` : count >= 1e4 ? `${+(count / 1e3).toPrecision(3)} k` : many(count));
const cut = (words, length) => (words.length > length ? `${words.slice(0, length - 1).trimEnd()}…` : words);
const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);
const narrow = () => document.body.clientWidth < 600;

const grid = { left: 4, right: 16, top: 12, bottom: 4, containLabel: true };
const values = (more = {}) => ({ type: "value", splitNumber: 4, splitLine: { lineStyle: { color: line } }, axisLabel: { ...text, formatter: short, hideOverlap: true }, ...more });
const names = (data, more = {}) => ({ type: "category", data, axisTick: { show: false }, axisLine: { lineStyle: { color: soft } }, axisLabel: { ...text, hideOverlap: true }, ...more });
const titled = (name, gap = 26) => ({ name, nameLocation: "middle", nameGap: gap, nameTextStyle: text });
const tip = (formatter) => ({ textStyle: text, confine: true, formatter });
const said = (head, ...lines) => [`<b style="color:${ink}">${escaped(head)}</b>`, ...lines].join("<br>");

function overTime() {
  const { starts, whole, by_kind, step } = profile.when, kinds = Object.keys(by_kind);
  const height = 100 / kinds.length;
  return {
    grid: kinds.map((_, place) => ({ left: 56, right: 8, top: `${place * height + 0.18 * height}%`, height: `${height * 0.56}%` })),
    title: kinds.map((kind, place) => ({ text: kind, left: 0, top: `${place * height}%`, textStyle: { ...text, color: tones[kind], fontWeight: 600 } })),
    xAxis: kinds.map((_, place) => names(starts, { gridIndex: place, axisLabel: { ...text, show: place === kinds.length - 1, hideOverlap: true, interval: Math.max(Math.floor(starts.length / (narrow() ? 3 : 9)), 0) } })),
    yAxis: kinds.map((_, place) => values({ gridIndex: place, splitNumber: 2 })),
    tooltip: { trigger: "axis", ...tip((bars) => said(`${step === "week" ? "week of " : ""}${bars[0].name}${whole[bars[0].dataIndex] ? "" : " (in part)"}`, ...bars.map((bar) => `${many(bar.value.value ?? bar.value)} ${bar.seriesName}`))) },
    series: kinds.map((kind, place) => ({
      type: "bar", name: kind, xAxisIndex: place, yAxisIndex: place, color: tones[kind], barCategoryGap: "18%",
      data: by_kind[kind].map((value, week) => (whole[week] ? value : { value, itemStyle: { opacity: 0.35 } })),
    })),
  };
}

function hours() {
  const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], all = sum(profile.when.hours.flat());
  const cells = profile.when.hours.flatMap((row, day) => row.map((count, hour) => [hour, day, count]));
  return {
    grid: { ...grid, right: 4 },
    xAxis: names([...Array(24).keys()].map((hour) => `${hour}`.padStart(2, "0")), { axisLine: { show: false } }),
    yAxis: names(days.map((day) => (narrow() ? day.slice(0, 2) : day)), { inverse: true, axisLine: { show: false } }),
    visualMap: { show: false, min: 0, max: Math.max(...cells.map((cell) => cell[2]), 1), dimension: 2, inRange: { color: [paper, "#cfe5e1", "#79b8b0", "#0f766e", "#0a4b46"] } },
    tooltip: tip(({ value }) => said(`${days[value[1]]}, ${value[0]}:00–${value[0] + 1}:00`, `${many(value[2])} events (${percent(value[2] / all)})`)),
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: paper, borderWidth: 2, borderRadius: 3 } }],
  };
}

function stages(key) {
  const found = profile.funnel;
  const label = (stage) => (stage[key] ? many(stage[key]) + (key === "sessions" && stage.kept !== null ? `  ·  ${percent(stage.kept)}` : "") : "none in this data");
  return {
    grid: { ...grid, right: narrow() ? 96 : 110 },
    xAxis: values({ show: false }),
    yAxis: names(found.map((stage) => stage.kind), { inverse: true, axisLine: { show: false }, axisLabel: { ...text, color: ink } }),
    series: [{
      type: "bar", barCategoryGap: "30%", data: found.map((stage) => ({ value: stage[key], itemStyle: { color: tones[stage.kind], borderRadius: 3 } })),
      label: { show: true, position: "right", ...text, color: ink, formatter: ({ dataIndex }) => label(found[dataIndex]) },
    }],
  };
}

function histogram({ labels, counts, median }, unit, tone = accent) {
  const all = sum(counts);
  return {
    grid: { ...grid, bottom: 34 },
    xAxis: names(labels, { ...titled(median === null ? `no ${unit}` : `half of them: ${+median.toFixed(1)} or more`, 28), axisLabel: { ...text, hideOverlap: true, fontSize: text.fontSize - 1 } }),
    yAxis: values({ axisLabel: { ...text, formatter: percent } }),
    tooltip: { trigger: "axis", ...tip(([bar]) => said(bar.name, `${many(counts[bar.dataIndex])} ${unit} (${percent(bar.value)})`)) },
    series: [{ type: "bar", color: tone, barCategoryGap: "12%", data: counts.map((count) => (all ? count / all : 0)) }],
  };
}

function tail() {
  const { ranks, events, purchases } = profile.popularity;
  const curve = (name, counts, tone) => ({ type: "line", name, color: tone, showSymbol: false, lineStyle: { width: 2 }, data: counts.map((count, place) => [ranks[place], count]) });
  const alike = sum(events) === sum(purchases);
  return {
    grid: { ...grid, bottom: 50 },
    legend: { bottom: 0, left: 0, textStyle: { ...text, color: ink }, itemWidth: 18, itemHeight: 3, icon: "roundRect" },
    xAxis: { type: "log", min: 1, max: Math.max(...ranks), ...titled("place of the item"), axisLabel: { ...text, formatter: short }, splitLine: { lineStyle: { color: line } } },
    yAxis: { type: "log", min: 1, axisLabel: { ...text, formatter: short }, splitLine: { lineStyle: { color: line } } },
    tooltip: { trigger: "axis", ...tip((lines) => said(`place ${many(lines[0].value[0])}`, ...lines.map((at) => `${many(at.value[1])} ${at.seriesName}`))) },
    series: [curve("events", events, alike ? accent : "#2563a8"), ...(purchases.length && !alike ? [curve("purchases", purchases, accent)] : [])],
  };
}

function lorenz() {
  const points = profile.popularity.lorenz.map((share, place) => [place / 100, share]);
  const axis = (name, gap) => values({ min: 0, max: 1, interval: 0.25, ...titled(name, gap), axisLabel: { ...text, formatter: percent } });
  return {
    grid: { ...grid, right: 24, bottom: 26 },
    xAxis: axis("of the items, the least popular first"), yAxis: axis("", 0),
    tooltip: { trigger: "axis", ...tip((lines) => said(`the least popular ${percent(lines[0].value[0])} of the items`, `have ${percent(profile.popularity.lorenz[Math.round(100 * lines[0].value[0])])} of the events`)) },
    graphic: [{ type: "text", left: "22%", top: "16%", style: { text: `Gini ${profile.popularity.gini.toFixed(2)}`, fill: ink, font: `500 ${1.8 * text.fontSize}px ${text.fontFamily}` } }],
    series: [
      { type: "line", data: [[0, 0], [1, 1]], color: quiet, showSymbol: false, lineStyle: { type: "dashed", width: 1 }, silent: true },
      { type: "line", data: points, color: accent, showSymbol: false, areaStyle: { opacity: 0.12 }, lineStyle: { width: 2 } },
    ],
  };
}

function tree(key) {
  const all = sum(profile.categories.map((group) => group[key]));
  const boxes = profile.categories.map((group, place) => ({
    name: group.name, value: group[key],
    itemStyle: { color: group.name.startsWith("(") || /^\d+ more$/.test(group.name) ? "#8b93a1" : shades[place % shades.length] },
  })).filter((box) => box.value);
  return {
    tooltip: tip(({ name, value }) => said(name, `${many(value)} ${key} (${percent(value / all)})`)),
    series: [{
      type: "treemap", data: boxes, roam: false, nodeClick: false, breadcrumb: { show: false }, left: 0, right: 0, top: 4, bottom: 0,
      itemStyle: { borderColor: paper, borderWidth: 0, gapWidth: 2 }, visibleMin: 1,
      label: { ...text, color: "#fff", overflow: "truncate", lineHeight: 1.25 * text.fontSize, formatter: ({ name, value }) => (value / all < 0.005 ? "" : value / all < (narrow() ? 0.04 : 0.02) ? name : `${name}\n${percent(value / all)}`) },
    }],
  };
}

function prices() {
  const groups = profile.categories.filter((group) => group.prices && !/^\d+ more$/.test(group.name)).slice(0, 16);
  return {
    grid,
    xAxis: { type: "log", axisLabel: { ...text, hideOverlap: true }, splitLine: { lineStyle: { color: line } } },
    yAxis: names(groups.map((group) => cut(group.name, 24)), { inverse: true, axisLine: { show: false }, axisLabel: { ...text, color: ink } }),
    tooltip: tip(({ dataIndex }) => { const [low, first, median, third, high] = groups[dataIndex].prices; return said(groups[dataIndex].name, `median ${median}`, `half between ${first} and ${third}`, `90 % between ${low} and ${high}`, `${many(groups[dataIndex].items)} items`); }),
    series: [{ type: "boxplot", data: groups.map((group) => group.prices), itemStyle: { color: "#d9ece9", borderColor: accent, borderWidth: 1.5 }, boxWidth: [6, 14] }],
  };
}

function intervals() {
  const { same_item, any_item } = profile.again;
  const bars = (name, { counts }, tone) => ({ type: "bar", name, color: tone, barGap: "8%", barCategoryGap: "25%", data: counts.map((count) => count / Math.max(sum(counts), 1)) });
  return {
    grid: { ...grid, bottom: 30 },
    legend: { bottom: 0, left: 0, textStyle: { ...text, color: ink }, itemWidth: 12, itemHeight: 12, icon: "roundRect" },
    xAxis: names(any_item.labels), yAxis: values({ axisLabel: { ...text, formatter: percent } }),
    tooltip: { trigger: "axis", ...tip((found) => said(found[0].name, ...found.map((bar) => `${percent(bar.value)} ${bar.seriesName}`))) },
    series: [bars("until any next order", any_item, quiet), bars("until the same item again", same_item, accent)],
  };
}

function arrivals() {
  const { weeks, items } = profile.arrivals;
  return {
    grid, xAxis: names(weeks, { axisLabel: { ...text, hideOverlap: true, interval: Math.floor(weeks.length / (narrow() ? 3 : 4)) } }), yAxis: values(),
    tooltip: { trigger: "axis", ...tip(([bar]) => said(`week of ${bar.name}`, `${many(bar.value)} new items`)) },
    series: [{ type: "bar", color: accent, barCategoryGap: "18%", data: items }],
  };
}

function reached() {
  const { days, reached: shares, median } = profile.arrivals;
  return {
    grid: { ...grid, top: 28, bottom: 26 },
    xAxis: values({ max: Math.max(...days, 1), interval: Math.max(Math.ceil(Math.max(...days, 1) / 180) * 30, 1) , ...titled("days") }), yAxis: values({ min: 0, max: 1, interval: 0.25, axisLabel: { ...text, formatter: percent } }),
    tooltip: { trigger: "axis", ...tip(([at]) => said(`within ${at.value[0]} days`, `${percent(at.value[1])} had ten events`)) },
    series: [{
      type: "line", step: "end", color: accent, showSymbol: false, lineStyle: { width: 2 }, areaStyle: { opacity: 0.12 }, data: days.map((day, place) => [day, shares[place]]),
      markLine: median === null ? undefined : { silent: true, symbol: "none", lineStyle: { color: soft }, label: { ...text, position: "end", formatter: `half: ${median} days` }, data: [{ xAxis: median }] },
    }],
  };
}

function known() {
  const { users, items } = profile.known;
  const bars = (name, rows, tone) => ({ type: "bar", name, color: tone, barGap: "8%", barCategoryGap: "28%", data: rows.map((row) => row.share) });
  return {
    grid: { ...grid, bottom: 50 },
    legend: { bottom: 0, left: 0, textStyle: { ...text, color: ink }, itemWidth: 12, itemHeight: 12, icon: "roundRect" },
    xAxis: names(users.map((row) => row.label), titled("events")), yAxis: values({ axisLabel: { ...text, formatter: percent } }),
    tooltip: { trigger: "axis", ...tip((found) => said(`${found[0].name} events`, ...found.map((bar) => `${percent(bar.value)} of the ${bar.seriesName}`))) },
    series: [bars("known users", users, accent), bars("items", items, "#2563a8")],
  };
}

function sideways(rows, tone) {
  return {
    grid: { ...grid, right: 56 }, xAxis: values({ show: false, max: Math.max(...rows.map((row) => row.share), 1e-9) }),
    yAxis: names(rows.map((row) => cut(row.name, 26)), { inverse: true, axisLine: { show: false }, axisLabel: { ...text, color: ink } }),
    tooltip: tip(({ dataIndex }) => said(rows[dataIndex].name, rows[dataIndex].words)),
    series: [{ type: "bar", color: tone, barMaxWidth: 22, barCategoryGap: "30%", itemStyle: { borderRadius: 3 }, data: rows.map((row) => row.share), label: { show: true, position: "right", ...text, color: ink, formatter: ({ value }) => percent(value) } }],
  };
}

// Places for nodes in a box: ties pull, neighbours and walls push (after Fruchterman and Reingold, 1991; the push ends at
// a distance, so that many small groups fill the box instead of fleeing to its walls). Labels stand to the right, so nodes need more room beside than above one another. Always the same places for the same graph.
function placed(nodes, edges, { width, height, label }) {
  const at = nodes.map((_, place) => { const turn = 2.4 * place, far = Math.sqrt((place + 0.5) / nodes.length) / 2.2; return [width * (0.5 + far * Math.cos(turn)), height * (0.5 + far * Math.sin(turn))]; });
  const wide = 2.2, room = Math.sqrt((width * height) / (wide * nodes.length)), reach = 1.7 * room;
  const away = (distance) => (room * room * Math.max(1 - distance / reach, 0)) / Math.max(distance, 4);
  const inside = (spot, x, y) => { spot[0] = Math.min(Math.max(x, 0), width); spot[1] = Math.min(Math.max(y, 0), height); };
  for (let heat = 50; heat > 0.5; heat *= 0.985) {
    const force = at.map(([x, y]) => [wide * (away((2 * x) / wide) - away((2 * (width - x)) / wide)), away(2 * y) - away(2 * (height - y))]);
    const push = (a, b, strength) => {
      const x = (at[a][0] - at[b][0]) / wide, y = at[a][1] - at[b][1], far = Math.max(Math.hypot(x, y), 1), by = strength(far) / far;
      for (const [node, sign] of [[a, 1], [b, -1]]) { force[node][0] += sign * by * x * wide; force[node][1] += sign * by * y; }
    };
    at.forEach((_, a) => { for (let b = 0; b < a; b++) push(a, b, away); });
    edges.forEach((edge) => push(edge.a, edge.b, (far) => (-far * far) / room));
    at.forEach((spot, node) => { const [x, y] = force[node], step = Math.min(1, heat / Math.max(Math.hypot(x, y), 1e-9)); inside(spot, spot[0] + step * x, spot[1] + step * y); });
  }
  for (let round = 0; round < 200; round++) {   // what still lies on the label of another moves up or down
    at.forEach((one, a) => at.forEach((other, b) => {
      const over = 17 - Math.abs(one[1] - other[1]), beside = other[0] - one[0];
      if (a === b || over <= 0 || beside < -12 || beside > label(a)) return;
      const up = one[1] < other[1] || (one[1] === other[1] && a < b) ? -over / 4 : over / 4;
      inside(one, one[0], one[1] + up); inside(other, other[0], other[1] - up);
    }));
  }
  return at;
}

function graph(place) {
  const { nodes, edges, unit } = profile.together, most = Math.max(...nodes.map((node) => node.baskets));
  const often = (category) => nodes.filter((node) => node.category === category).length;
  const frequent = [...new Set(nodes.map((node) => node.category))].filter((category) => !category.startsWith("(")).sort((a, b) => often(b) - often(a));
  const tone = (category) => shades[frequent.indexOf(category)] ?? soft;
  const highest = Math.max(...edges.map((edge) => edge.lift)), letters = narrow() ? 9 : text.fontSize - 1;
  const titles = nodes.map((node) => cut(calm(node.title), narrow() ? 20 : 32));
  const label = (title) => 0.57 * letters * title.length + 18, labelled = Math.max(...titles.map(label)) + 4;
  const width = place.clientWidth - labelled, height = place.clientHeight - 28;
  const at = placed(nodes, edges, { width, height, label: (node) => label(titles[node]) });
  const corner = (x, y) => ({ id: `${x}`, name: `${x}`, x, y, symbolSize: 0, label: { show: false }, tooltip: { show: false }, silent: true });
  return {
    tooltip: tip(({ dataType, data }) => (dataType === "edge" ? said(`${nodes[data.source].title} – ${nodes[data.target].title}`, `${many(data.together)} ${unit} with both`, `${data.lift.toFixed(1)} times as often as by chance`) : said(data.title, escaped(data.group), `${many(data.baskets)} ${unit}`))),
    series: [{
      type: "graph", layout: "none", left: 12, right: labelled - 12, top: 14, bottom: 14,
      label: { show: true, position: "right", distance: 4, ...text, color: ink, fontSize: letters, formatter: ({ dataIndex }) => titles[dataIndex] ?? "" },
      emphasis: { focus: "adjacency" },
      data: [
        ...nodes.map((node, place) => ({ id: `n${place}`, name: `n${place}`, x: at[place][0], y: at[place][1], title: node.title, group: node.category, baskets: node.baskets, symbolSize: 6 + 16 * Math.sqrt(node.baskets / most), itemStyle: { color: tone(node.category) } })),
        corner(0, 0), corner(width, height),
      ],
      links: edges.map((edge) => ({ source: edge.a, target: edge.b, together: edge.together, lift: edge.lift, lineStyle: { width: 1 + 4 * (edge.lift / highest), color: "#b9c0ca" } })),
    }],
  };
}

function moved(column) {
  const change = (place) => Math.abs(column.now[place] - column.before[place]);
  let places = [...column.labels.keys()];
  if (["categories", "top items"].includes(column.column)) places = places.filter((place) => column.labels[place] !== "(others)").sort((a, b) => change(b) - change(a)).slice(0, 8);
  const wordy = ["kinds", "categories", "top items"].includes(column.column);
  const shown = places.map((place) => column.labels[place].replace(/ \([^()]*\)$/, ""));
  const bars = (name, side, tone) => ({ type: "bar", name, color: tone, barGap: "0%", barCategoryGap: "22%", data: places.map((place) => side[place]) });
  const labels = names(shown, { inverse: wordy, axisLabel: { ...text, fontSize: text.fontSize - 1, color: wordy ? ink : soft, hideOverlap: true, formatter: (name) => cut(wordy ? calm(name) : name, 20) } });
  const shares = values({ splitNumber: 3, max: ({ max }) => (max > 0.75 ? 1 : null), axisLabel: { ...text, fontSize: text.fontSize - 1, formatter: percent, hideOverlap: true } });
  return {
    grid: { ...grid, left: 0, right: 22 }, [wordy ? "yAxis" : "xAxis"]: labels, [wordy ? "xAxis" : "yAxis"]: shares,
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, ...tip((found) => said(column.labels[places[found[0].dataIndex]], ...found.map((bar) => `${(100 * bar.value).toFixed(2)} % ${bar.seriesName}`))) },
    series: [bars("then", column.before, quiet), bars("now", column.now, accent)],
  };
}

draw({
  over_time: overTime, hours, tail, lorenz, prices, intervals, arrivals, reached, known, graph,
  funnel_sessions: () => stages("sessions"), funnel_items: () => stages("items"),
  lengths: () => histogram(profile.visits.events, "sessions"),
  minutes: () => histogram(profile.visits.minutes, "sessions", "#2563a8"),
  baskets: () => histogram(profile.visits.basket, "orders", "#6d4fa3"),
  tree_items: () => tree("items"),
  tree_purchases: () => tree(sum(profile.categories.map((group) => group.purchases)) ? "purchases" : "events"),
  missing: () => sideways(profile.known.missing.map((row) => ({ name: `${row.column} (${row.table})`, share: row.share, words: `${many(row.missing)} of ${many(row.of)} missing` })), warm),
  returned: () => sideways(profile.returns.categories.map(([name, share, bought]) => ({ name, share, words: `${percent(share)} of ${many(bought)} purchases` })), warm),
  moved: (place) => moved(profile.drift.columns[place.dataset.of]),
});
