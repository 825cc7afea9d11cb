"use strict";
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const radios = [...document.querySelectorAll("input[name=condition]")];
  let current = page.conditions.length ? page.conditions[0].id : "";
  const grids = {};

  // --- tables: rows as objects, links, sorting, search, CSV -------------------------------------
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const address = (reference) => {
    const [kind, ...rest] = reference.split(":");
    const id = encodeURI(rest.join(":"));
    return { PMID: `https://pubmed.ncbi.nlm.nih.gov/${id}/`, DOI: `https://doi.org/${id}`, PMCID: `https://www.ncbi.nlm.nih.gov/pmc/articles/${id}/` }[kind];
  };
  const link = (where, text) => `<a href="${escape(where)}" target="_blank" rel="noopener">${escape(text)}</a>`;
  const papers = (cell) => cell.split(";").filter(Boolean).map((one) => (address(one) ? link(address(one), one) : escape(one))).join(" ");
  const geneLink = (symbol) => link(`https://www.ncbi.nlm.nih.gov/gene/?term=${encodeURIComponent(symbol)}%5Bsym%5D+AND+human%5Borgn%5D`, symbol);
  const drugLink = (name) => link(`https://www.ebi.ac.uk/chembl/explore/compounds/QUERYSTRING:${encodeURIComponent(name)}`, name);
  const short = (value, kind) => {
    if (value === null || value === undefined) return "";
    if (kind === "share") return `${(100 * value).toFixed(0)} %`;
    if (kind === "p") return value < 0.001 ? value.toExponential(1) : value.toPrecision(2);
    return Number.isInteger(value) ? value.toLocaleString("en") : Math.abs(value) >= 0.01 ? value.toFixed(2) : value.toPrecision(2);
  };
  const formatter = (column) => (cell) => {
    const value = cell.getValue();
    if (value === null || value === undefined || value === "") return "";
    if (column.kind === "links") return papers(String(value));
    if (column.kind === "gene") return geneLink(value);
    if (column.field === "drug") return drugLink(value);
    if (column.number) return short(value, column.kind);
    return escape(String(value).replaceAll("_", column.field === "context" ? " " : "_"));
  };
  const objects = (table) => table.rows.map((row) => Object.fromEntries(table.columns.map((column, place) => [column.field, row[place]])));
  const rowsOf = {};
  const inCondition = (name) => {
    const condition = page.conditions.find((one) => one.id === current);
    return (row) => !condition || !row.drug || page.tables[name].by.every((field) => row[field] === condition[field]);
  };
  const shownRows = (name) => rowsOf[name].filter(inCondition(name));

  for (const [name, table] of Object.entries(page.tables)) {
    rowsOf[name] = objects(table);
    const hide = page.conditions.length ? table.by : [];
    grids[name] = new Tabulator(document.querySelector(`[data-table="${name}"]`), {
      data: shownRows(name), layout: "fitData", pagination: true, paginationSize: 12, paginationSizeSelector: [12, 50, 200, true],
      clipboard: "copy", placeholder: "nothing to show", headerSortElement: "<span aria-hidden='true'>⇅</span>",
      columns: table.columns.map((column) => ({
        title: column.title, field: column.field, headerTooltip: column.help || column.field, formatter: formatter(column), maxWidth: 420,
        visible: !hide.includes(column.field), hozAlign: column.number ? "right" : "left", sorter: column.number ? "number" : "string",
        sorterParams: { alignEmptyValues: "bottom" }, tooltip: (_, cell) => String(cell.getValue() ?? ""),
      })),
    });
    const search = document.querySelector(`[data-search="${name}"]`);
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      grids[name].setFilter((row) => !wanted || Object.values(row).some((value) => String(value ?? "").toLowerCase().includes(wanted)));
    });
    document.querySelector(`[data-csv="${name}"]`).addEventListener("click", () => grids[name].download("csv", `${name}.csv`));
    document.querySelector(`[data-copy="${name}"]`).addEventListener("click", () => grids[name].copyToClipboard("active"));
  }

  // --- charts -----------------------------------------------------------------------------------
  const draw = (id, traces, layout) => {
    const place = document.getElementById(`chart-${id}`);
    if (!place) return;
    place.parentElement.hidden = traces.every((trace) => !trace.x.length);
    if (place.parentElement.hidden) return;
    place.previousElementSibling.textContent = layout.title;
    const axis = { gridcolor: ink("--line"), zerolinecolor: ink("--soft"), automargin: true };
    Plotly.react(place, traces, {
      paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: ink("--ink"), size: 12 }, margin: { l: 60, r: 15, t: 30, b: 50 },
      showlegend: false, ...layout, xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis }, title: "",
      modebar: { bgcolor: "transparent", color: ink("--soft"), activecolor: ink("--ink") },
    }, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
  };
  const hue = (direction) => ink({ up: "--up", down: "--down" }[direction] || "--none");
  const symbol = (direction) => ({ up: "circle", down: "square" })[direction] || "diamond-open";
  const charts = {
    effects: () => {
      const rows = shownRows("ranking").filter((row) => row.polarity && row.predicted !== null);
      rows.sort((a, b) => (a.process || "").localeCompare(b.process || "") || a.predicted - b.predicted);
      draw("effects", [{
        type: "scatter", mode: "markers", x: rows.map((r) => r.predicted), y: [rows.map((r) => r.process), rows.map((r) => `${r.gene} ${r.polarity > 0 ? "(+)" : "(−)"}`)],
        error_x: { type: "data", symmetric: false, array: rows.map((r) => r.predicted_high - r.predicted), arrayminus: rows.map((r) => r.predicted - r.predicted_low), color: ink("--none"), thickness: 1.2, width: 0 },
        marker: { size: 9, color: rows.map((r) => hue(r.direction)), symbol: rows.map((r) => symbol(r.direction)) },
        text: rows.map((r) => `${r.gene}: ${r.direction} ${short(r.p_direction, "share")}<br>${r.route || ""}`), hovertemplate: "%{text}<br>%{x:.2f} log2<extra></extra>",
      }], { title: "Predicted change of genes that make (+) or break (−) bone: median and 90 % interval", height: 140 + 17 * rows.length, xaxis: { title: "log2 fold change" }, yaxis: { tickfont: { size: 11 } } });
    },
    agreement: () => {
      const rows = shownRows("ranking").filter((row) => row.predicted !== null && row.observed !== null && row.observed !== undefined);
      draw("agreement", [{
        type: "scatter", mode: "markers", x: rows.map((r) => r.predicted), y: rows.map((r) => r.observed), text: rows.map((r) => `${r.gene}<br>predicted ${short(r.predicted)}, observed ${short(r.observed)}, q ${short(r.observed_q_value, "p")}`),
        hovertemplate: "%{text}<extra></extra>", marker: { size: 8, color: rows.map((r) => (r.agreement === "agrees" ? ink("--up") : r.agreement === "disagrees" ? ink("--down") : ink("--none"))), symbol: rows.map((r) => (r.agreement === "agrees" ? "circle" : r.agreement === "disagrees" ? "x" : "circle-open")) },
      }], { title: "Predicted and observed (filled: agree; cross: disagree; open: no clear change)", height: 380, xaxis: { title: "predicted log2 fold change" }, yaxis: { title: "observed log2 fold change" } });
    },
    net: () => {
      const rows = shownRows("net_effects");
      const part = (study, offset) => {
        const some = rows.filter((row) => row.study === study);
        return { type: "scatter", mode: "markers", name: study, x: some.map((r) => r.median), y: some.map((r) => r.process), error_x: { type: "data", symmetric: false, array: some.map((r) => r.high - r.median), arrayminus: some.map((r) => r.median - r.low), color: ink("--none"), thickness: 1.2 },
          marker: { size: 10, color: ink(offset ? "--none" : "--link"), symbol: offset ? "diamond" : "circle" }, text: some.map((r) => `builds bone ${short(r.p_anabolic, "share")}, against ${short(r.p_catabolic, "share")}; ${r.n_genes} genes`), hovertemplate: "%{y}: %{x:.2f}<br>%{text}<extra>%{fullData.name}</extra>" };
      };
      draw("net", [...new Set(rows.map((row) => row.study))].map(part), { title: "Net effect by process (positive builds bone)", height: 300, showlegend: true, legend: { orientation: "h", y: -0.25 }, xaxis: { title: "summed log2 fold changes, 90 % interval" }, yaxis: { autorange: "reversed" } });
    },
    volcano: () => {
      const rows = rowsOf.signature.filter((row) => row.p_value !== null && row.p_value !== undefined);
      const named = [...rows].sort((a, b) => a.p_value - b.p_value).slice(0, 12);
      draw("volcano", [{
        type: "scatter", mode: "markers", x: rows.map((r) => r.log2_fold_change), y: rows.map((r) => -Math.log10(Math.max(r.p_value, 1e-300))), text: rows.map((r) => r.gene), hovertemplate: "%{text}<br>%{x:.2f} log2<extra></extra>",
        marker: { size: 5, opacity: 0.7, color: rows.map((r) => (r.q_value <= 0.05 ? hue(r.log2_fold_change > 0 ? "up" : "down") : ink("--none"))) },
      }], { title: `Measured change and its p (colour: q ≤ .05)`, height: 420, xaxis: { title: "log2 fold change" }, yaxis: { title: "−log10 p" },
        annotations: named.map((r, place) => ({ x: r.log2_fold_change, y: -Math.log10(Math.max(r.p_value, 1e-300)), text: r.gene, showarrow: true, arrowhead: 0, arrowwidth: 0.6, ax: r.log2_fold_change > 0 ? 34 : -34, ay: -8 - 9 * (place % 3), font: { size: 11 } })) });
    },
    regulators: () => {
      const rows = rowsOf.regulators.filter((row) => row.p_value !== null).slice(0, 15).reverse();
      draw("regulators", [{ type: "bar", orientation: "h", x: rows.map((r) => r.statistic), y: rows.map((r) => r.regulator), marker: { color: rows.map((r) => hue(r.statistic > 0 ? "up" : "down")), pattern: { shape: rows.map((r) => (r.q_value <= 0.05 ? "" : "/")) } },
        text: rows.map((r) => `q ${short(r.q_value, "p")}`), textposition: "outside", cliponaxis: false, hovertemplate: "%{y}: %{x:.1f}, %{text}<extra></extra>" }], { title: "Regulators of the dataset, smallest p first (hatched: q > .05)", height: 130 + 22 * rows.length, xaxis: { title: "signed statistic" } });
    },
    enrichment: () => {
      const rows = shownRows("enrichment").filter((row) => row.normalized_score !== null);
      const part = (by) => {
        const some = rows.filter((row) => row.by === by).sort((a, b) => a.p_value - b.p_value).slice(0, 10);
        return { type: "scatter", mode: "markers", name: by, x: some.map((r) => r.normalized_score), y: some.map((r) => r.term.replaceAll("_", " ").slice(0, 44)), marker: { size: some.map((r) => 6 + 3 * Math.sqrt(r.n_genes)), sizemode: "diameter", color: some.map((r) => hue(r.direction)), symbol: by === "observed" ? "circle" : "diamond", opacity: some.map((r) => (r.q_value <= 0.05 ? 0.95 : 0.35)) },
          text: some.map((r) => `${r.n_genes} genes, q ${short(r.q_value, "p")}`), hovertemplate: "%{y}<br>%{x:.2f}, %{text}<extra>%{fullData.name}</extra>" };
      };
      const parts = [...new Set(rows.map((row) => row.by))].map(part);
      draw("enrichment", parts, { title: "Gene sets (circle: observed, diamond: predicted; faint: q > .05; size: genes)", height: 160 + 20 * new Set(parts.flatMap((p) => p.y)).size, xaxis: { title: "normalised score" }, yaxis: { autorange: "reversed", tickfont: { size: 11 } } });
    },
    doses: () => {
      const rows = shownRows("dose_response").filter((row) => row.measure === (row.node === "CTNNB1" ? "activity" : "transcript"));
      const parts = [...new Set(rows.map((row) => row.node))].map((node, place) => {
        const some = rows.filter((row) => row.node === node);
        return { type: "scatter", mode: "lines+markers", name: node === "CTNNB1" ? "CTNNB1 (activity)" : node, x: some.map((r) => r.concentration_nM), y: some.map((r) => r.effect), line: { dash: ["solid", "dot", "dash", "longdash", "dashdot"][place % 5] }, marker: { symbol: ["circle", "square", "diamond", "triangle-up", "x"][place % 5], size: 7 },
          text: some.map((r) => `${r.node} ${r.direction} ${short(r.p_direction, "share")}`), hovertemplate: "%{text}<br>%{x} nM: %{y:.2f} (%{customdata})<extra></extra>", customdata: some.map((r) => `${short(r.effect_low)} to ${short(r.effect_high)}`) };
      });
      draw("doses", parts, { title: "Median change along the dose", height: 380, showlegend: true, legend: { orientation: "h", y: -0.25 }, xaxis: { type: "log", title: "free concentration, nM" }, yaxis: { title: "log2 fold change, or activity" } });
    },
    blocked: () => {
      const rows = shownRows("selectivity").filter((row) => row.inhibition !== null).sort((a, b) => a.inhibition - b.inhibition);
      draw("blocked", [{ type: "bar", orientation: "h", x: rows.map((r) => 100 * r.inhibition), y: rows.map((r) => `${r.receptor.replaceAll("_", " ")}`), marker: { color: ink("--link"), pattern: { shape: rows.map((r) => (String(r.basis).startsWith("seen") ? "" : "/")) } },
        error_x: { type: "data", symmetric: false, array: rows.map((r) => 100 * (r.inhibition_high - r.inhibition)), arrayminus: rows.map((r) => 100 * (r.inhibition - r.inhibition_low)), color: ink("--ink"), thickness: 1 },
        text: rows.map((r) => `${(r.cytokines || "").replaceAll(";", ", ")}; ${r.basis}`), textposition: "none", hovertemplate: "%{y}: %{x:.0f} %<br>%{text}<extra></extra>" }], { title: "Signal that this dose blocks, by receptor (solid: measured on that signal; hatched: from the kinases)", height: 130 + 22 * rows.length, xaxis: { title: "blocked, %", range: [0, 100] } });
    },
    samples: () => {
      const rows = rowsOf.quality.filter((row) => row.pc1 !== null && row.pc1 !== undefined);
      draw("samples", [{ type: "scatter", mode: "markers+text", x: rows.map((r) => r.pc1), y: rows.map((r) => r.pc2), text: rows.map((r) => r.sample), textposition: "top center", textfont: { size: 10 }, marker: { size: 10, color: rows.map((r) => ink(r.flags ? "--up" : "--link")), symbol: rows.map((r) => (r.flags ? "x" : "circle")) }, hovertemplate: "%{text}<extra></extra>", cliponaxis: false }],
        { title: "Samples by their first two principal components (cross: doubtful)", height: 380, xaxis: { title: "PC1" }, yaxis: { title: "PC2" } });
    },
  };

  // --- the network ------------------------------------------------------------------------------
  let cy = null;
  const chosen = document.getElementById("gene");
  const flat = () => (page.network.routes || {})[current] || {};
  const evidence = document.getElementById("evidence");
  const tell = (gene) => {
    if (!gene) { evidence.innerHTML = ""; return; }
    const steps = flat()[gene].map((place) => page.network.edges[place]);
    evidence.innerHTML = `<h3>${escape(gene)}: ${steps.map((e, i) => `${i ? "" : escape(e.source)} ${e.sign > 0 ? "→" : "⊣"} ${escape(e.target)}`).join("")}</h3><ul>` + steps.map((e) =>
      `<li><strong>${escape(e.source)} ${e.sign > 0 ? "→" : "⊣"} ${escape(e.target)}</strong>: ${escape(e.mechanism || e.layer)}, acts with probability ${short(e.reliability, "share")}, tier ${escape(e.tier)}${e.references ? `; for: ${papers(e.references)}` : ""}${e.references_against ? `; against: ${papers(e.references_against)}` : ""}</li>`).join("") + "</ul>";
  };
  const light = (gene) => {
    if (!cy) return;
    cy.elements().removeClass("lit dim");
    tell(gene);
    if (!gene || !flat()[gene]) return;
    const path = flat()[gene].map((place) => cy.getElementById(`e${place}`)).reduce((all, one) => all.union(one), cy.collection());
    const whole = path.union(path.connectedNodes());
    cy.elements().difference(whole).addClass("dim");
    whole.addClass("lit");
    cy.animate({ fit: { eles: whole, padding: 60 }, duration: 250 });
  };
  const style = () => [
    { selector: "node", style: { label: "data(label)", "font-size": 11, color: ink("--ink"), "text-valign": "bottom", "text-margin-y": 3, width: 16, height: 16, "background-color": ink("--none"), shape: "diamond", "text-outline-width": 2, "text-outline-color": ink("--panel") } },
    { selector: "node.up", style: { "background-color": ink("--up"), shape: "ellipse" } }, { selector: "node.down", style: { "background-color": ink("--down"), shape: "rectangle" } },
    { selector: "node.low", style: { "text-margin-y": 16 } },
    { selector: "node.end", style: { width: 20, height: 20, "font-weight": "bold" } }, { selector: "node.start", style: { "border-width": 3, "border-color": ink("--ink") } },
    { selector: "edge", style: { width: 1.6, "line-color": ink("--soft"), "target-arrow-color": ink("--soft"), "target-arrow-shape": "triangle", "curve-style": "bezier", "arrow-scale": 0.9 } },
    { selector: "edge.lowers", style: { "target-arrow-shape": "tee" } }, { selector: "edge.unread", style: { "line-style": "dashed" } },
    { selector: ".dim", style: { opacity: 0.12 } }, { selector: "edge.lit", style: { width: 4, "line-color": ink("--link"), "target-arrow-color": ink("--link"), opacity: 1 } }, { selector: "node.lit", style: { opacity: 1 } },
  ];
  const network = () => {
    if (!page.network.nodes) return;
    const tier = document.getElementById("tier").value, marked = document.getElementById("marked").checked;
    const routes = Object.entries(flat()).filter(([gene, places]) => (!marked || page.network.first.includes(gene)) && places.every((place) => page.network.edges[place].tier <= tier));
    const used = [...new Set(routes.flatMap(([, places]) => places))], genes = new Set(routes.map(([gene]) => gene));
    const starts = new Set(routes.map(([, places]) => page.network.edges[places[0]].source));
    const depth = {};
    for (const [, places] of routes) places.forEach((place, step) => { const e = page.network.edges[place]; depth[e.source] = Math.max(depth[e.source] ?? 0, step); depth[e.target] = Math.max(depth[e.target] ?? 0, step + 1); });
    const change = page.network.change[current] || {};
    const names = Object.keys(depth);
    const elements = names.map((id) => ({ data: { id, label: id.replaceAll("_", " ") }, classes: [change[id] || "", genes.has(id) ? "end" : "", starts.has(id) ? "start" : ""].join(" ") }))
      .concat(used.map((place) => { const e = page.network.edges[place]; return { data: { id: `e${place}`, source: e.source, target: e.target, place }, classes: `${e.sign < 0 ? "lowers" : ""} ${e.tier === "A" ? "" : "unread"}` }; }));
    const cyBefore = cy;
    if (cy) cy.destroy();
    cy = cytoscape({ container: document.getElementById("cy"), elements, style: style(),
      layout: { name: "breadthfirst", directed: true, roots: names.filter((id) => starts.has(id)), spacingFactor: 1.05, padding: 20, animate: false } });
    // Names of neighbours in a crowded row stand at two heights, so that they do not overlap.
    const rows = {};
    cy.nodes().forEach((node) => (rows[Math.round(node.position("y"))] ??= []).push(node));
    for (const row of Object.values(rows).filter((some) => some.length > 8)) row.sort((a, b) => a.position("x") - b.position("x")).forEach((node, place) => { if (place % 2) node.addClass("low"); });
    cy.on("tap", "node", (event) => { const id = event.target.id(); if (flat()[id]) { chosen.value = id; light(id); } });
    cy.on("tap", "edge", (event) => { const e = page.network.edges[event.target.data("place")]; const gene = Object.keys(flat()).find((name) => flat()[name].includes(event.target.data("place"))); if (gene) { chosen.value = genes.has(gene) ? gene : chosen.value; light(gene); } });
    cy.on("tap", (event) => { if (event.target === cy) { chosen.value = ""; light(""); cy.fit(undefined, 20); } });
    const before = chosen.value;
    chosen.innerHTML = `<option value="">all</option>` + [...genes].sort().map((gene) => `<option>${escape(gene)}</option>`).join("");
    // A narrow screen cannot show all routes at once: it starts with one.
    chosen.value = genes.has(before) ? before : !cyBefore && innerWidth < 600 && genes.has("BGLAP") ? "BGLAP" : "";
    light(chosen.value);
    window.jaknetNetwork = cy;
  };
  if (chosen) {
    chosen.addEventListener("change", () => light(chosen.value));
    for (const id of ["tier", "marked"]) document.getElementById(id).addEventListener("change", network);
    document.getElementById("fit").addEventListener("click", () => { chosen.value = ""; light(""); cy.fit(undefined, 20); });
  }

  // --- everything follows the condition -----------------------------------------------------------
  const show = () => {
    for (const part of document.querySelectorAll(".of-condition")) part.style.display = part.dataset.condition === current ? "" : "none";
    for (const name of Object.keys(grids)) if (page.tables[name].by.length) grids[name].replaceData(shownRows(name));
    for (const [id, make] of Object.entries(charts)) if (document.getElementById(`chart-${id}`)) make();
    network();
  };
  for (const radio of radios) radio.addEventListener("change", () => { current = radio.value; show(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  Promise.all(Object.values(grids).map((grid) => new Promise((done) => grid.on("tableBuilt", done)))).then(show);
})();
