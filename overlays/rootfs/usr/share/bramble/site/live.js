// Asks the floating address a few times a second who answers, and draws what came back.
"use strict";

const interval = 250, window_ = 60_000, patience = 1500;
const colours = ["#7048e8", "#1c7ed6", "#0ca678", "#f08c00", "#ae3ec9", "#1098ad", "#74b816", "#e8590c"];
const bad = "#d6336c";
const byID = id => document.getElementById(id);
const samples = [];
const names = [];
let requests = 0, failed = 0, moves = 0, longest = 0, lastAnswer = performance.now(), lastNode = null;

function colour(name) {
  if (!names.includes(name)) { names.push(name); names.sort(); }
  return colours[names.indexOf(name) % colours.length];
}

async function ask() {
  const sent = performance.now();
  const sample = { sent, took: 0, node: null, pending: true };
  samples.push(sample);
  requests += 1;
  try {
    const answer = await fetch("/.bramble/api/status", { cache: "no-store", signal: AbortSignal.timeout(patience) });
    const node = answer.headers.get("X-Served-By") ?? "a node";
    const status = await answer.json();
    const now = performance.now();
    sample.node = node;
    longest = Math.max(longest, now - lastAnswer - interval);
    lastAnswer = now;
    if (lastNode !== null && node !== lastNode) moves += 1;
    lastNode = node;
    showStatus(node, status);
  } catch {
    failed += 1;
    byID("summary").textContent = "No answer; asking again …";
  }
  sample.took = performance.now() - sent;
  sample.pending = false;
}

function showStatus(node, status) {
  const members = status.cluster?.members ?? [];
  for (const member of members) colour(member.name);
  byID("served-by").textContent = node;
  byID("served-by").style.color = colour(node);
  const alive = members.filter(member => member.state === "alive").length;
  const addresses = (status.floating ?? []).map(floating => floating.address).join(", ");
  byID("summary").textContent =
    `${alive} of ${members.length} nodes alive` + (addresses ? `; floating address ${addresses}` : "");
  const holders = new Set((status.floating ?? []).map(floating => floating.holder_id));
  byID("members").replaceChildren(...members.map(member => row(member, holders.has(member.id))));
}

function row(member, holds) {
  const item = document.createElement("li");
  item.style.setProperty("--colour", colour(member.name));
  item.classList.toggle("gone", member.state !== "alive");
  const name = document.createElement("strong");
  name.textContent = member.name;
  const detail = document.createElement("span");
  detail.textContent = `${member.state}, ${member.address}`;
  item.append(name, detail);
  if (holds) {
    const holder = document.createElement("span");
    holder.className = "holder";
    holder.textContent = " holds the address";
    item.append(holder);
  }
  return item;
}

function draw() {
  const now = performance.now(), canvas = byID("strip"), pen = canvas.getContext("2d");
  while (samples.length && samples[0].sent < now - window_) samples.shift();
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const width = canvas.width / (window_ / interval);
  for (const sample of samples) {
    if (sample.pending) continue;
    const x = canvas.width * (1 - (now - sample.sent) / window_);
    const height = sample.node ? Math.max(8, Math.min(1, Math.log10(1 + sample.took) / 3) * canvas.height) : canvas.height;
    pen.fillStyle = sample.node ? colour(sample.node) : bad;
    pen.fillRect(x, canvas.height - height, Math.max(1, width - 1), height);
  }
  byID("requests").textContent = requests;
  byID("failed").textContent = failed;
  byID("gap").textContent = `${Math.max(0, Math.round(longest))} ms`;
  byID("moves").textContent = moves;
}

setInterval(ask, interval);
setInterval(draw, 100);
ask();
