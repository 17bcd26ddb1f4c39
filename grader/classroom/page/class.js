"use strict";
/* Counts the class from the data in the page. Every text is set as text, never as HTML. */
const data = JSON.parse(document.getElementById("data").textContent);
const { exercises, students, codes, lines, refused } = data;
const $ = (id) => document.getElementById(id);

/* what an entry holds: see page/data.py */
const [STATUS, SCORE, CHECKS, ATTEMPTS, SECONDS, LATE, LINES, NOTEBOOK, OVERRIDE] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const RAN = new Set(["passed", "failed"]);
const WORDS = { passed: "passed", failed: "failed", crashed: "crashed", timed_out: "timed out", killed: "killed", ungradable: "not graded", error: "grader error", not_submitted: "not submitted" };
const SIGNS = { p: "✓", f: "✗", s: "–", e: "!", "-": "" };
const MEANS = { p: "passed", f: "failed", s: "not reached", e: "error", "-": "not checked" };
const FIRST_ROWS = 60, MORE_ROWS = 240;

const view = { exercise: -1, section: "", search: "", state: "", place: "", hidden: false, column: "name", up: true };

/* --- small things --- */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "scope") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}
const number = (value) => String(Math.round(value * 100) / 100);
const people = (count) => (count === 1 ? "1 student" : `${count.toLocaleString("en")} students`);
const duration = (seconds) => (seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`);
const short = (exercise) => exercise.id.split("_")[0];
const heading = (exercise) => (/^\d/.test(exercise.id) ? `${short(exercise)} ${exercise.title}` : exercise.title);
function median(values) {
  if (!values.length) return 0;
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
students.forEach((student, index) => { student.index = index; student.find = `${student.name} ${student.id}`.toLowerCase(); });
for (const student of students) student.alias = `Student ${student.number}`; /* drawn for this page: they lead back to nobody */
const bearers = new Map();
for (const student of students) bearers.set(student.name, (bearers.get(student.name) ?? 0) + 1);
for (const student of students) student.shown = bearers.get(student.name) > 1 ? `${student.name} (${student.id})` : student.name; /* namesakes */
const nameOf = (student) => (view.hidden ? student.alias : student.shown);

/* --- questions about one student's work --- */
const shownExercises = () => (view.exercise < 0 ? exercises.map((_, index) => index) : [view.exercise]);
const submitted = (entry) => entry && entry[STATUS] !== "not_submitted"; /* else there is at most a score set by hand */
const finished = (entry) => entry && (entry[STATUS] === "passed" || entry[OVERRIDE]);
function placeOf(exercise, entry) {
  if (!entry || finished(entry)) return "";
  if (!RAN.has(entry[STATUS])) return `${exercise}:${entry[STATUS]}`;
  const check = entry[CHECKS].search(/[fe]/);
  return check < 0 ? "" : `${exercise}:${check}`;
}
function placeWords(place) {
  const [exercise, what] = place.split(":");
  const named = exercises[exercise].checks[what];
  return named ? named.title : `the notebook ${{ crashed: "stops with an exception", timed_out: "runs too long", killed: "is killed", ungradable: "cannot be graded", error: "met a failure of the grader" }[what] ?? what}`;
}
function total(student, chosen) {
  let score = 0, worth = 0;
  for (const index of chosen) { const { worth: points, weight } = exercises[index]; score += weight * (student.work[index]?.[SCORE] ?? 0); worth += weight * points; }
  return { score, worth };
}
const sum = (student, chosen, what) => chosen.reduce((all, index) => all + (student.work[index]?.[what] ?? 0), 0);
const stuckAt = (student, chosen) => chosen.map((index) => placeOf(index, student.work[index])).filter(Boolean);

const STATES = {
  unfinished: (student, chosen) => chosen.some((index) => !finished(student.work[index])),
  stuck: (student, chosen) => chosen.some((index) => student.work[index] && !finished(student.work[index]) && student.work[index][ATTEMPTS] >= 2),
  crashed: (student, chosen) => chosen.some((index) => submitted(student.work[index]) && !RAN.has(student.work[index][STATUS])),
  missing: (student, chosen) => chosen.every((index) => !submitted(student.work[index])),
  late: (student, chosen) => chosen.some((index) => student.work[index]?.[LATE]),
  override: (student, chosen) => chosen.some((index) => student.work[index]?.[OVERRIDE]),
  passed: (student, chosen) => chosen.every((index) => finished(student.work[index])),
};
const inSection = () => students.filter((student) => !view.section || student.section === view.section);

/* --- at a glance --- */
function drawGlance(group, chosen) {
  const entries = group.flatMap((student) => chosen.map((index) => student.work[index]).filter(submitted));
  const shares = group.map((student) => { const { score, worth } = total(student, chosen); return worth ? score / worth : 0; });
  const done = group.filter((student) => STATES.passed(student, chosen)).length;
  const stuck = group.filter((student) => STATES.stuck(student, chosen)).length;
  const facts = [
    [group.length.toLocaleString("en"), "", "students"],
    [entries.length.toLocaleString("en"), "", "graded notebooks"],
    [`${Math.round(100 * median(shares))}`, " %", "median score"],
    [done.toLocaleString("en"), "", view.exercise < 0 ? "passed everything" : "passed"],
    [stuck.toLocaleString("en"), "", "not passed after two attempts"],
  ];
  $("glance").replaceChildren(...facts.map(([value, unit, what]) => make("div", {}, make("dt", { textContent: what }), make("dd", { textContent: value }, make("small", { textContent: unit })))));
}

/* --- what to teach next --- */
function drawCauses(group, chosen) {
  const causes = new Map();
  for (const student of group) for (const exercise of chosen) for (const line of student.work[exercise]?.[LINES] ?? []) {
    const code = lines[line][0];
    const cause = causes.get(code) ?? causes.set(code, { who: new Set(), where: new Set(), lines: new Map() }).get(code);
    cause.who.add(student.index);
    cause.where.add(exercise);
    const [, , cell, row, source] = lines[line];
    const key = `${exercise}\n${source}`;
    const seen = cause.lines.get(key) ?? cause.lines.set(key, { source, exercise, cell, row, who: new Set() }).get(key);
    seen.who.add(student.index);
  }
  const ranked = [...causes].sort((a, b) => b[1].who.size - a[1].who.size);
  const items = ranked.map(([code, cause], rank) => {
    const [name, words] = codes[code];
    const details = make("details", { open: rank === 0 }, make("summary", {},
      make("span", { className: "n", textContent: cause.who.size }),
      make("span", {}, make("span", { className: "code", textContent: name }), make("b", { textContent: words })),
      make("span", { className: "where", textContent: whereWords([...cause.where].sort((a, b) => a - b)) }),
      bar(cause.who.size, group.length, `${people(cause.who.size)} of ${group.length}`)));
    const fill = () => { if (details.open && details.childElementCount === 1) details.append(linesList(cause)); };
    details.addEventListener("toggle", fill);
    fill();
    return make("li", {}, details);
  });
  $("causes").replaceChildren(...(items.length ? firstOf($("causes"), items, 8) : [make("li", { className: "nothing", textContent: "No findings." })]));
}
const whereWords = (where) => (where.length > 4 ? `${where.length} exercises` : `in ${where.map((index) => short(exercises[index])).join(", ")}`);
function linesList(cause) {
  const ranked = [...cause.lines.values()].filter((line) => line.source).sort((a, b) => b.who.size - a.who.size).slice(0, 6);
  return make("ul", { className: "lines" }, ...ranked.map((line) => make("li", {},
    make("span", { className: "n", textContent: `${line.who.size}×` }),
    make("code", { textContent: line.source }),
    make("span", { className: "where quiet", textContent: `${short(exercises[line.exercise])}${line.cell ? `, cell ${line.cell}` : ""}${line.row ? ` line ${line.row}` : ""}` }))));
}
function bar(count, of, label) {
  const inner = make("i");
  inner.style.width = `${of ? (100 * count) / of : 0}%`;
  return make("span", { className: "share", role: "img", "aria-label": label }, inner);
}
function firstOf(list, items, count) {
  if (items.length <= count) return items;
  const more = make("button", { type: "button", className: "more", textContent: `${items.length - count} more` });
  const last = make("li", {}, more);
  more.addEventListener("click", () => last.replaceWith(...items.slice(count)));
  return [...items.slice(0, count), last];
}

/* --- where students are stuck --- */
function drawPlaces(group, chosen) {
  const places = new Map();
  for (const student of group) for (const exercise of chosen) {
    const place = placeOf(exercise, student.work[exercise]);
    if (place) places.set(place, (places.get(place) ?? 0) + 1);
  }
  const items = [...places].sort((a, b) => b[1] - a[1]).map(([place, count]) => {
    const [exercise, what] = place.split(":");
    const button = make("button", { type: "button", className: isNaN(what) ? "crash" : "", "aria-pressed": String(view.place === place), value: place },
      make("span", { className: "n", textContent: count }),
      make("b", { textContent: placeWords(place) }),
      make("span", { className: "where", textContent: `in ${heading(exercises[exercise])}` }),
      bar(count, group.length, `${people(count)} of ${group.length}`));
    button.addEventListener("click", () => {
      view.place = view.place === place ? "" : place;
      for (const other of $("places").querySelectorAll("button[aria-pressed]")) other.setAttribute("aria-pressed", String(other.value === view.place));
      draw(true);
      if (view.place) $("students").scrollIntoView();
    });
    return make("li", {}, button);
  });
  $("places").replaceChildren(...(items.length ? firstOf($("places"), items, 8) : [make("li", { className: "nothing", textContent: "Nobody is stuck." })]));
}

/* --- exercises --- */
function drawExercises(group, chosen) {
  const head = ["Exercise", "Passed, failed, did not run, not submitted", "Submitted", "Passed", "Mean score", "Mean attempts", "Median time"];
  document.querySelector(".exercises thead").replaceChildren(make("tr", {}, ...head.map((text, index) => make("th", { scope: "col", textContent: text, className: index > 1 ? "num" : "" }))));
  $("exercises").replaceChildren(...chosen.map((index) => {
    const entries = group.map((student) => student.work[index]).filter(submitted);
    const passed = entries.filter(finished).length, ran = entries.filter((entry) => RAN.has(entry[STATUS]) && !finished(entry)).length;
    const parts = { p: passed, f: ran, c: entries.length - passed - ran, m: group.length - entries.length };
    const mean = (what) => (entries.length ? entries.reduce((all, entry) => all + entry[what], 0) / entries.length : 0);
    const stack = make("span", { className: "stack", role: "img", "aria-label": `${parts.p} passed, ${parts.f} failed, ${parts.c} did not run, ${parts.m} not submitted` });
    for (const [name, count] of Object.entries(parts)) if (count) { const part = make("i", { className: name }); part.style.flexGrow = count; stack.append(part); }
    const open = make("button", { type: "button", textContent: heading(exercises[index]) });
    open.addEventListener("click", () => { view.exercise = view.exercise === index ? -1 : index; $("pick-exercise").value = view.exercise; view.place = ""; draw(); });
    const cells = [entries.length, passed, `${number(mean(SCORE))} / ${number(exercises[index].worth)}`, mean(ATTEMPTS).toFixed(1), duration(median(entries.map((entry) => entry[SECONDS])))];
    return make("tr", {}, make("th", { scope: "row" }, open), make("td", {}, stack), ...cells.map((text) => make("td", { className: "num", textContent: text })));
  }));
}

/* --- the heat map: one row a student --- */
const patterns = new Map();
const patternStyle = document.head.appendChild(document.createElement("style"));
function pattern(entry) { /* a class whose background draws the checks: a full bar passed, a half one failed, a line not reached */
  const ran = RAN.has(entry[STATUS]) || !submitted(entry);
  const key = ran ? entry[CHECKS] || "-" : "c";
  if (!patterns.has(key)) {
    const name = `k${patterns.size}`, count = key.length, gap = count > 1 ? Math.min(3, 30 / count) : 0, width = (100 - gap * (count - 1)) / count;
    const layers = ran
      ? [...key].map((letter, index) => {
        const [colour, height] = { p: ["--good", 12], f: ["--bad", 6], e: ["--crash", 12] }[letter] ?? ["--skip", 2];
        const at = width < 100 ? (index * (width + gap) * 100) / (100 - width) : 0;
        return `linear-gradient(var(${colour}) 0 0) ${at.toFixed(2)}% calc(100% + 11px) / ${width.toFixed(2)}% ${height}px no-repeat`;
      })
      : ["repeating-linear-gradient(90deg, var(--crash) 0 2px, transparent 2px 5px) 0 calc(100% + 11px) / 100% 12px no-repeat"];
    patternStyle.textContent += `.heat td.${name}{background:${layers.join(",")};background-origin:content-box;background-clip:border-box}\n`;
    patterns.set(key, name);
  }
  return patterns.get(key);
}
function entryWords(exercise, entry) {
  if (!entry) return "not submitted";
  const checks = exercises[exercise].checks;
  const failed = [...entry[CHECKS]].flatMap((letter, index) => (letter === "f" || letter === "e" ? [checks[index].title] : []));
  const parts = [`${WORDS[entry[STATUS]] ?? entry[STATUS]}, ${number(entry[SCORE])} of ${number(exercises[exercise].worth)} points, ${entry[ATTEMPTS] === 1 ? "1 attempt" : `${entry[ATTEMPTS]} attempts`}`];
  if (entry[LATE]) parts.push(entry[LATE]);
  if (failed.length) parts.push(`fails: ${failed.join("; ")}`);
  if (entry[OVERRIDE]) { const [who, made, comment, graded] = entry[OVERRIDE]; parts.push(`set by ${view.hidden ? "hand" : who} on ${made} in place of ${number(graded)}${comment && !view.hidden ? `: ${comment}` : ""}`); }
  return parts.join(". ");
}
function columns() {
  const chosen = shownExercises();
  const sections = students.some((student) => student.section);
  const common = [
    { key: "name", title: "Student", width: "12rem", sort: (student) => nameOf(student).toLowerCase() },
    ...(sections ? [{ key: "section", title: "Section", width: "6.5rem", sort: (student) => student.section, cell: (student) => make("td", { textContent: student.section }) }] : []),
    { key: "score", title: "Score", width: "6.5rem", number: true, sort: (student) => total(student, chosen).score, cell: (student) => { const { score, worth } = total(student, chosen); return make("td", { className: "num" }, number(score), make("span", { className: "quiet", textContent: ` / ${number(worth)}` })); } },
  ];
  const work = view.exercise < 0
    ? exercises.map((exercise, index) => ({ key: `w${index}`, title: `${short(exercise)} ${exercise.title}`, width: exercises.length > 8 ? "5.6rem" : "6.2rem", number: true, sort: (student) => student.work[index]?.[SCORE] ?? -1, cell: (student) => workCell(index, student.work[index]) }))
    : [
      { key: "status", title: "Status", width: "8rem", sort: (student) => student.work[view.exercise]?.[STATUS] ?? "~", cell: (student) => { const entry = student.work[view.exercise]; return make("td", { textContent: entry ? WORDS[entry[STATUS]] ?? entry[STATUS] : "", className: entry?.[LATE] ? "late" : "" }); } },
      ...exercises[view.exercise].checks.map((check, index) => ({ key: `c${index}`, title: check.title, width: "7.5rem", sort: (student) => "pse-f".indexOf(student.work[view.exercise]?.[CHECKS][index] ?? "-"), cell: (student) => { const letter = student.work[view.exercise]?.[CHECKS][index] ?? "-"; return make("td", { className: `check ${letter}`, textContent: SIGNS[letter], "aria-label": student.work[view.exercise] ? MEANS[letter] : "not submitted" }); } })),
    ];
  const stuck = { key: "stuck", title: "Stuck at", width: "16rem", sort: (student) => { const place = stuckAt(student, chosen)[0]; return place ? `${place} ${placeWords(place)}` : "~"; }, cell: (student) => { const place = stuckAt(student, chosen)[0]; return make("td", { className: "quiet", textContent: place ? `${view.exercise < 0 ? `${short(exercises[place.split(":")[0]])}: ` : ""}${placeWords(place)}` : "" }); } };
  return [...common, ...work,
    { key: "attempts", title: "Attempts", width: "5.5rem", number: true, sort: (student) => sum(student, chosen, ATTEMPTS), cell: (student) => make("td", { className: "num", textContent: sum(student, chosen, ATTEMPTS) || "" }) },
    { key: "time", title: "Time", width: "5.5rem", number: true, sort: (student) => sum(student, chosen, SECONDS), cell: (student) => { const seconds = sum(student, chosen, SECONDS); return make("td", { className: "num", textContent: seconds ? duration(seconds) : "" }); } },
    stuck];
}
function workCell(exercise, entry) {
  const cell = document.createElement("td");
  if (!entry) { cell.className = "w quiet"; cell.setAttribute("aria-label", "not submitted"); return cell; }
  cell.className = `w ${pattern(entry)}${entry[LATE] ? " late" : ""}${entry[OVERRIDE] ? " set" : ""}`;
  cell.textContent = number(entry[SCORE]);
  cell.setAttribute("aria-label", entryWords(exercise, entry));
  return cell;
}
function rowOf(student, shown) {
  const row = document.createElement("tr");
  const open = make("button", { type: "button", textContent: nameOf(student), "aria-expanded": "false" });
  row.append(make("th", { scope: "row" }, open));
  for (const column of shown) if (column.cell) row.append(column.cell(student));
  row.dataset.student = student.index;
  return row;
}
function linksTo(student, exercise, entry) { /* beside this page; hidden names are not shown by a folder's name either */
  if (!entry?.[NOTEBOOK] || view.hidden) return [];
  const link = (textContent, href) => make("a", { textContent, href, target: "_blank", rel: "noopener", "aria-label": `${textContent}: ${nameOf(student)}, ${heading(exercises[exercise])}` });
  return [link("report", `feedback/students/${encodeURIComponent(student.folder)}/${exercises[exercise].id}.html`), " ", link("notebook", `notebooks/${entry[NOTEBOOK]}.ipynb`)];
}
function detailRow(student, span) {
  const list = make("ul", { className: "lines" });
  list.style.margin = "0.3rem 0 0.8rem";
  for (const exercise of shownExercises()) {
    const entry = student.work[exercise];
    const code = make("code");
    if (entry?.[LINES].length) { const [cause, , cell, row, source] = lines[entry[LINES][0]]; code.textContent = `${codes[cause][0]}  ${cell ? `cell ${cell} ` : ""}${row ? `line ${row}: ` : ""}${source}`; }
    list.append(make("li", {}, make("span", { className: "n", textContent: short(exercises[exercise]) }), make("span", {}, entryWords(exercise, entry), make("br"), code), make("span", {}, ...linksTo(student, exercise, entry))));
  }
  const cell = make("td", { colSpan: span }, list);
  cell.style.whiteSpace = "normal";
  return make("tr", { className: "detail" }, cell);
}

let drawing = 0;
let cache = { key: "", rows: new Map() };
function drawTable(group) {
  const chosen = shownExercises(), shown = columns(), table = $("heat");
  const sorter = shown.find((column) => column.key === view.column) ?? shown[0];
  const listed = group.filter((student) =>
    (!view.search || student.find.includes(view.search)) &&
    (!view.state || STATES[view.state](student, chosen)) &&
    (!view.place || stuckAt(student, chosen).includes(view.place)));
  const keys = new Map(listed.map((student) => [student, sorter.sort(student)]));
  const compare = sorter.number ? (a, b) => a - b : (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true }));
  listed.sort((a, b) => (view.up ? 1 : -1) * compare(keys.get(a), keys.get(b)) || a.index - b.index);

  const key = `${view.exercise} ${view.hidden}`;
  if (cache.key !== key) {
    cache = { key, rows: new Map() };
    table.querySelector("colgroup")?.remove();
    table.querySelector("caption").after(make("colgroup", {}, ...shown.map((column) => { const col = make("col"); col.style.width = column.width; return col; })));
    table.style.minWidth = `calc(${shown.map((column) => column.width).join(" + ")})`;
  }
  table.querySelector("thead").replaceChildren(make("tr", {}, ...shown.map((column) => {
    const button = make("button", { type: "button", textContent: column.title });
    button.addEventListener("click", () => { view.up = view.column === column.key ? !view.up : !column.number; view.column = column.key; draw(true); table.querySelector(`[aria-sort] button`)?.focus(); });
    const head = make("th", { scope: "col", title: column.title }, button);
    if (column.key === sorter.key) head.setAttribute("aria-sort", view.up ? "ascending" : "descending");
    return head;
  })));
  $("shown").textContent = `${people(listed.length)} shown${view.place ? `, stuck at: ${placeWords(view.place)}` : ""}`;

  const body = table.tBodies[0], turn = ++drawing;
  delete document.documentElement.dataset.ready;
  for (const open of body.querySelectorAll("[aria-expanded=true]")) open.setAttribute("aria-expanded", "false");
  const rows = (from, to) => listed.slice(from, to).map((student) => cache.rows.get(student) ?? cache.rows.set(student, rowOf(student, shown)).get(student));
  body.replaceChildren(...rows(0, FIRST_ROWS)); /* what can be seen first; the rest a moment later, so that searching and printing find all */
  let done = FIRST_ROWS;
  const more = () => {
    if (turn !== drawing) return;
    body.append(...rows(done, done + MORE_ROWS));
    done += MORE_ROWS;
    if (done < listed.length) setTimeout(more);
    else document.documentElement.dataset.ready = Math.round(performance.now());
  };
  setTimeout(more);
}

$("heat").tBodies[0].addEventListener("click", (event) => {
  if (event.target.closest("a")) return;
  const button = event.target.closest("tr")?.querySelector("th button"); /* a cell shows its row's details too */
  if (!button) return;
  const row = button.closest("tr"), open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  if (open) row.after(detailRow(students[row.dataset.student], row.childElementCount));
  else if (row.nextElementSibling?.className === "detail") row.nextElementSibling.remove();
});
$("heat").tBodies[0].addEventListener("mouseover", (event) => { /* thirteen thousand titles are only written where one looks */
  const cell = event.target.closest("td.w, td.check");
  if (!cell || cell.title) return;
  const student = students[cell.parentElement.dataset.student];
  const exercise = view.exercise < 0 ? Number(columns()[cell.cellIndex].key.slice(1)) : view.exercise;
  cell.title = entryWords(exercise, student.work[exercise]);
});

/* --- what could not be graded --- */
function drawRefused() {
  $("refused-section").hidden = !refused.length;
  $("refused").replaceChildren(...refused.map(([who, source, why]) => make("tr", {},
    make("td", { textContent: view.hidden ? "…" : who || "nobody's" }), make("td", { textContent: view.hidden ? "…" : source }), make("td", { textContent: why }))));
}

/* --- everything --- */
function draw(onlyTable = false) {
  const group = inSection(), chosen = shownExercises();
  if (!onlyTable) {
    drawGlance(group, chosen);
    drawCauses(group, chosen);
    drawPlaces(group, chosen);
    drawExercises(group, chosen);
    drawRefused();
  }
  drawTable(group);
}
function options(select, all, pairs) { select.append(make("option", { value: all[0], textContent: all[1] }), ...pairs.map(([value, text]) => make("option", { value, textContent: text }))); }
options($("pick-exercise"), ["-1", "all exercises"], exercises.map((exercise, index) => [index, heading(exercise)]));
const sections = [...new Set(students.map((student) => student.section).filter(Boolean))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
options($("pick-section"), ["", "all sections"], sections.map((section) => [section, section]));
$("pick-section-label").hidden = !sections.length;
$("pick-section-label").style.display = sections.length ? "" : "none";

$("pick-exercise").addEventListener("change", (event) => { view.exercise = Number(event.target.value); view.place = ""; draw(); });
$("pick-section").addEventListener("change", (event) => { view.section = event.target.value; draw(); });
$("pick-state").addEventListener("change", (event) => { view.state = event.target.value; draw(true); });
$("search").addEventListener("input", (event) => { view.search = event.target.value.trim().toLowerCase(); draw(true); });
const HIDDEN = "#names-hidden"; /* in the address, so that loading the page again does not show them */
function hideNames(hidden) {
  view.hidden = $("hide-names").checked = $("search").disabled = hidden;
  if (hidden) $("search").value = view.search = "";
  if (!data.anonymous) history.replaceState(null, "", hidden ? HIDDEN : location.pathname);
}
$("hide-names").addEventListener("change", (event) => { hideNames(event.target.checked); draw(); });
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => { Object.assign(view, { exercise: -1, section: "", search: "", state: "", place: "" }); setTimeout(() => { $("hide-names").checked = view.hidden; draw(); }); });
hideNames(location.hash === HIDDEN || data.anonymous);
if (data.anonymous) $("hide-names").closest("label").hidden = true;
draw();
