"use strict";
// Plays recorded games back; what it draws is what was measured.
const held = JSON.parse(document.getElementById("held").textContent);
const $ = (selector) => document.querySelector(selector);
const KEYS = ["data", "model", "loss", "penalty", "k", "rate", "seed"];
const NAMES = {
  plane_gan: "the first GAN", plane_pacgan: "PacGAN, pairs", plane_unrolled: "unrolled, 5 steps", plane_r3gan: "R3GAN",
  ring: "ring, 8 modes", grid: "grid, 25 modes", gradient_penalty: "gradient penalty", r1: "R1", r1_r2: "R1 and R2",
  non_saturating: "non-saturating", least_squares: "least squares",
};
const LABELS = {model: "game", rate: "learning rate"};
const say = (value) => NAMES[value] || String(value);
const controls = Object.fromEntries(KEYS.map((key) => [key, $(`#choices [name=${key}]`)]));
const values = Object.fromEntries(KEYS.map((key) => [key, [...new Set(held.runs.map((run) => run[key]))]]));
for (const key of ["k", "rate", "seed"]) values[key].sort((a, b) => a - b);
const shown = {};
for (const box of document.querySelectorAll("#plane input")) shown[box.name] = box;
const player = {};
for (const part of document.querySelectorAll("#player [name]")) player[part.name] = part;
let run = held.runs[0], film = null, moment = 0, timer = null, plots = [];

async function unpacked(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Kind(await new Response(stream).arrayBuffer());
}

// what page.py packs as planes and as slopes
const places = (bytes) => Int16Array.from({length: bytes.length / 2}, (_, i) => bytes[i] | bytes[i + bytes.length / 2] << 8);
function heights(slopes, side) {
  for (let i = 0; i < slopes.length; i++) if (i % (side * side) >= side) slopes[i] += slopes[i - side];
  for (let i = 0; i < slopes.length; i++) if (i % side) slopes[i] += slopes[i - 1];
  return slopes;
}

async function filmOf(run) {
  const set = held.sets[run.data];
  const [fake, surface, arrows, curves, real] = await Promise.all([
    unpacked(run.fake, Uint8Array), unpacked(run.surface, Int8Array), unpacked(run.arrows, Int8Array),
    unpacked(run.curves, Float32Array), unpacked(set.real, Uint8Array)]);
  return {fake: places(fake), surface: heights(surface, set.side), arrows, curves, real: places(real), set};
}

// of a moment, its share of an array that holds all of them
const part = (array) => array.subarray(moment * array.length / run.steps.length, (moment + 1) * array.length / run.steps.length);
const sum = (counts) => counts.reduce((total, count) => total + count, 0);
const captured = (counts) => counts.filter((count) => count > 0).length;
const quality = (counts) => sum(counts) / 2500;

// -- choosing -------------------------------------------------------------------------------------------------------

function fill() {
  for (const key of KEYS) {
    const control = controls[key];
    if (control.type === "range") control.max = values[key].length - 1;
    else control.replaceChildren(...values[key].map((value) => new Option(say(value), value)));
  }
}

function choose(key, value) {
  const alike = (one) => KEYS.reduce((total, other, place) => total + (one[other] === run[other] ? 2 ** (9 - place) : 0), 0);
  const before = run;
  run = held.runs.filter((one) => one[key] === value).sort((a, b) => alike(b) - alike(a))[0];
  const along = KEYS.filter((other) => other !== key && run[other] !== before[other]);
  $("#along").textContent = along.length
    ? "Not recorded together; changed along: " + along.map((other) => `${LABELS[other] || other} ${say(run[other])}`).join(", ")
    : "";
  return load();
}

async function load() {
  pause();
  for (const key of KEYS) {
    const place = values[key].indexOf(run[key]);
    if (controls[key].type === "range") {
      controls[key].value = place;
      controls[key].setAttribute("aria-valuetext", run[key]);
      controls[key].nextElementSibling.textContent = run[key];
    } else controls[key].selectedIndex = place;
  }
  const wanted = run, found = await filmOf(run);
  if (wanted !== run) return;  // another was chosen meanwhile
  film = found;
  moment = Math.min(moment, run.steps.length - 1);
  player.moment.max = run.steps.length - 1;
  $("#command").textContent = run.command;
  plot();
  draw();
}

// -- drawing --------------------------------------------------------------------------------------------------------

const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const rgb = (colour) => colour.slice(1).replace(/^(.)(.)(.)$/, "$1$1$2$2$3$3").match(/../g).map((two) => parseInt(two, 16));

function ground(context, size) {
  const {side} = film.set, small = new OffscreenCanvas(side, side), pen = small.getContext("2d");
  const image = pen.createImageData(side, side), colours = ["first", "second", "card"].map((name) => rgb(ink(name)));
  part(film.surface).forEach((height, place) => {
    const row = side - 1 - Math.floor(place / side), column = place % side;  // the first is the lower left
    const share = 0.55 * Math.abs(height) / held.shade, colour = colours[height > 0 ? 0 : 1];
    for (let i = 0; i < 3; i++) image.data[4 * (row * side + column) + i] = colours[2][i] + share * (colour[i] - colours[2][i]);
    image.data[4 * (row * side + column) + 3] = 255;
  });
  pen.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, size, size);
}

function dots(context, at, points, colour, radius) {
  context.fillStyle = colour;
  for (let i = 0; i < points.length; i += 2) {
    context.beginPath();
    context.arc(...at(points[i] / held.point, points[i + 1] / held.point), radius, 0, 7);
    context.fill();
  }
}

function arrows(context, at, unit) {
  const starts = part(film.fake), pulls = part(film.arrows);
  context.strokeStyle = ink("ink");
  context.lineWidth = unit / 2;
  for (let i = 0; i < pulls.length; i += 2) {
    const [x, y] = at(starts[i] / held.point, starts[i + 1] / held.point);
    const [dx, dy] = [22 * unit * pulls[i] / held.shade, -22 * unit * pulls[i + 1] / held.shade];
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + dx, y + dy);
    context.lineTo(x + 0.75 * dx - 0.12 * dy, y + 0.75 * dy + 0.12 * dx);
    context.moveTo(x + dx, y + dy);
    context.lineTo(x + 0.75 * dx + 0.12 * dy, y + 0.75 * dy - 0.12 * dx);
    context.stroke();
  }
}

function circles(context, at, unit, counts) {
  context.strokeStyle = ink("third");
  context.lineWidth = unit;
  film.set.means.forEach((mean, place) => {
    if (!counts[place]) return;
    context.beginPath();
    context.arc(...at(...mean), 7 * unit, 0, 7);
    context.stroke();
  });
}

function draw() {
  const canvas = $("#plane canvas"), size = Math.round(canvas.clientWidth * devicePixelRatio), {reach} = film.set;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d"), unit = size / 260;
  const at = (x, y) => [(x / reach + 1) / 2 * size, (1 - y / reach) / 2 * size];
  const counts = run.counts[moment];
  context.fillStyle = ink("card");
  context.fillRect(0, 0, size, size);
  if (shown.surface.checked) ground(context, size);
  if (shown.real.checked) dots(context, at, film.real, ink("first"), 0.9 * unit);
  if (shown.modes.checked) circles(context, at, unit, counts);
  if (shown.arrows.checked) arrows(context, at, unit);
  if (shown.fake.checked) dots(context, at, part(film.fake), ink("second"), 1.4 * unit);
  tell(counts, canvas);
  for (const each of plots) each.redraw(false);
}

function tell(counts, canvas) {
  const step = run.steps[moment], [steps, ofD, ofG] = series();
  const row = Math.max(0, steps.findLastIndex((logged) => logged <= step));
  const words = `step ${step.toLocaleString("en")} of ${run.planned.toLocaleString("en")}`;
  const facts = {
    "captured modes": `${captured(counts)} of ${counts.length}`,
    "of high quality": `${(100 * quality(counts)).toFixed(1)}%`,
    "loss of D": ofD[row].toPrecision(3), "loss of G": ofG[row].toPrecision(3),
    "longest arrow": run.longest[moment].toPrecision(2),
  };
  if (run.status !== "finished") facts["the run"] = run.status;
  $("#facts").replaceChildren(...Object.entries(facts).map(([name, value]) => {
    const entry = document.createElement("div");
    entry.append(Object.assign(document.createElement("dt"), {textContent: name}),
                 Object.assign(document.createElement("dd"), {textContent: value}));
    return entry;
  }));
  $("#player output").textContent = words;
  player.moment.value = moment;
  player.moment.setAttribute("aria-valuetext", words);
  canvas.setAttribute("aria-label", `${words}: ${captured(counts)} of ${counts.length} modes captured`);
}

const series = () => [0, 1, 2].map((row) => film.curves.subarray(row * film.curves.length / 3, (row + 1) * film.curves.length / 3));

function now(chart) {
  const {ctx, bbox} = chart, x = chart.valToPos(run.steps[moment], "x", true);
  ctx.fillStyle = ink("faint");
  ctx.fillRect(x - devicePixelRatio / 2, bbox.top, devicePixelRatio, bbox.height);
}

function chart(target, data, lines, scales, axes) {
  const axis = {stroke: ink("faint"), grid: {stroke: ink("line"), width: 1}, ticks: {show: false}, font: "12px system-ui"};
  return new uPlot({
    width: target.clientWidth, height: 170, legend: {show: false}, cursor: {show: false}, hooks: {draw: [now]},
    scales: {x: {time: false, range: [0, run.planned]}, ...scales},
    axes: [{...axis, size: 26}, ...axes.map((each) => ({...axis, size: 44, ...each}))],
    series: [{}, ...lines.map((line) => ({...line, stroke: ink(line.stroke), width: 1.5, points: {show: false}}))],
  }, data, target);
}

function plot() {
  for (const each of plots) each.destroy();
  const modes = run.counts.map(captured), good = run.counts.map((counts) => 100 * quality(counts));
  plots = [
    chart($("#losses"), series().map((row) => Array.from(row)), [{stroke: "first"}, {stroke: "second"}], {}, [{}]),
    chart($("#found"), [run.steps, modes, good], [{stroke: "third", scale: "modes"}, {stroke: "fourth", scale: "%"}],
          {modes: {range: [0, film.set.means.length]}, "%": {range: [0, 100]}},
          [{scale: "modes"}, {scale: "%", side: 1, grid: {show: false}}]),
  ];
}

// -- playing --------------------------------------------------------------------------------------------------------

function go(to) {
  moment = Math.max(0, Math.min(run.steps.length - 1, to));
  draw();
}

function pause() {
  clearInterval(timer);
  timer = null;
  player.play.textContent = "Play";
}

function play() {
  if (timer) return pause();
  if (moment === run.steps.length - 1) go(0);
  player.play.textContent = "Pause";
  timer = setInterval(() => (moment < run.steps.length - 1 ? go(moment + 1) : pause()), 400);
}

for (const key of KEYS) {
  controls[key].addEventListener("input", () => choose(key, values[key][controls[key].selectedIndex ?? Number(controls[key].value)]));
}
for (const box of Object.values(shown)) box.addEventListener("input", draw);
player.play.addEventListener("click", play);
player.back.addEventListener("click", () => (pause(), go(moment - 1)));
player.step.addEventListener("click", () => (pause(), go(moment + 1)));
player.moment.addEventListener("input", () => (pause(), go(Number(player.moment.value))));
addEventListener("keydown", (event) => {
  if (event.target.closest("select, input, button, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {" ": play, ArrowLeft: () => player.back.click(), ArrowRight: () => player.step.click(),
               Home: () => (pause(), go(0)), End: () => (pause(), go(Infinity))}[event.key];
  if (act) event.preventDefault(), act();
});
addEventListener("resize", () => film && (plot(), draw()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => film && (plot(), draw()));
fill();
moment = run.steps.length - 1;
load();
