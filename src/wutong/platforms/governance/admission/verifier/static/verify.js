/* The checks of verify.py in a browser: recomputes a published lottery from its files alone, without the network.
   SHA-256 comes from Web Crypto (https or localhost), SM3 from below. */

const COLUMNS = {
  "plan.csv": "school,seats,group_policy",
  "applicants.csv": "school,application_no,group",
  "order.csv": "school,rank,application_no,ticket,result",
  "freed.csv": "school,step,freed,given",
};
const NEEDED = ["record.json", "plan.csv", "applicants.csv", "order.csv"];
const SENTENCES = {
  missing: ["缺少 {file}：请重新下载全部文件。", "{file} is missing: download all files again."],
  foreign: [
    "{file} 不属于公布的文件：这些文件不是（或不全是）公布的内容。",
    "{file} is no part of a publication: these files are not, or not only, what was published.",
  ],
  leaked: [
    "{file} 含有从不公布的列（{columns}）：这不是公布的名单，可能是泄露的内部名单。",
    "{file} has columns that are never published ({columns}): it is not the published list, perhaps a leaked one.",
  ],
  rehearsal: ["这是演练，不是录取结果。", "This is a rehearsal, not a result."],
  unsigned: [
    "没有见证人签署：这次运行没有公布，文件可能是提前泄露的。",
    "No witness has signed: this run was not published; the files may have leaked.",
  ],
  truncated: [
    "{file} 不完整（{there} 行，应为 {lines} 行）：请重新下载。",
    "{file} is incomplete ({there} of {lines} lines): download it again.",
  ],
  unreadable: ["{file} 不完整或已损坏：请重新下载。", "{file} is cut off or damaged: download it again."],
  edited: ["{file} 被改动过：它的摘要与运行记录不符。", "{file} was changed: its digest is not the one in the record."],
  record_edited: ["record.json 在 {name} 签署之后被改动过。", "record.json was changed after {name} had signed it."],
  announced: [
    "{what} 与您记下的公告值不符：公告之后被换过。",
    "{what} is not what you noted from the announcement: it was exchanged afterwards.",
  ],
  wrong: [
    "{file} 第 {line} 行不对：应为“{right}”，实为“{there}”。",
    "{file}, line {line} is wrong: it must read “{right}” and reads “{there}”.",
  ],
  commit: ["市级种子与事先公布的承诺值不符。", "The city seed does not match the commitment made before."],
  seed: ["种子不是由两个种子算出的。", "The seed was not computed from the two seeds."],
  times: [
    "各步骤的时间次序不对：公共种子必须在名单冻结之后产生。",
    "The steps are in the wrong order: the public seed must come after the list is frozen.",
  ],
};

export class Wrong extends Error {
  constructor(code, facts = {}) {
    const filled = SENTENCES[code].map((each) => each.replace(/\{(\w+)\}/g, (_all, name) => facts[name]));
    super(filled.join(" "));
    Object.assign(this, { code, facts, zh: filled[0], en: filled[1] });
  }
}

/** `files`: a Map of name to Uint8Array. Gives {record, rows}, or throws Wrong. */
export async function check(files, announced = {}) {
  try {
    return await checked(files, announced);
  } catch (error) {
    throw error instanceof Wrong ? error : new Wrong("unreadable", { file: "record.json" });
  }
}

async function checked(files, announced) {
  for (const file of NEEDED) if (!files.has(file)) throw new Wrong("missing", { file });
  for (const file of [...files.keys()].sort()) {
    const known = file in COLUMNS || file === "record.json" || file === "witnesses.json";
    if (/\.(csv|json)$/.test(file) && !known) throw new Wrong("foreign", { file });
  }
  for (const file of Object.keys(COLUMNS)) if (files.has(file)) checkColumns(file, files);
  const record = json("record.json", files);
  if (record.kind !== "final") throw new Wrong("rehearsal");
  const hashed = digestOf(record.digest);
  await checkWitnesses(files, hashed);
  await checkSeeds(record, hashed);
  for (const file of ["plan.csv", "applicants.csv"]) await checkFile(file, files, record, hashed);
  checkAnnounced(record, announced);
  const draws = readDraws(files);
  const rows = await recompute(draws, record.seed, hashed);
  compare("order.csv", files, rows.map((row) => row.join(",")));
  await checkFile("order.csv", files, record, hashed);
  if (files.has("freed.csv")) compare("freed.csv", files, refill(files, draws, rows));
  return { record, rows };
}

function checkColumns(file, files) {
  const there = text(file, files).split("\n", 1)[0].trim().split(",");
  const columns = COLUMNS[file].split(",");
  const more = there.filter((each) => !columns.includes(each));
  if (more.length && there.length > columns.length) throw new Wrong("leaked", { file, columns: more.join(", ") });
}

function text(file, files) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(files.get(file));
  } catch {
    throw new Wrong("unreadable", { file });
  }
}

function json(file, files) {
  try {
    return JSON.parse(text(file, files));
  } catch {
    throw new Wrong("unreadable", { file });
  }
}

const bytes = (string) => new TextEncoder().encode(string);
const hex = (numbers, width) => [...numbers].map((each) => each.toString(16).padStart(width, "0")).join("");

function digestOf(name) {
  if (name === "sha256") return async (data) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", data)), 2);
  if (name === "sm3") return async (data) => sm3(data);
  throw new Wrong("unreadable", { file: "record.json" });
}

async function checkWitnesses(files, hashed) {
  const signed = files.has("witnesses.json") ? json("witnesses.json", files) : [];
  if (!signed.length) throw new Wrong("unsigned");
  const right = await hashed(files.get("record.json"));
  for (const each of signed) if (each.signs !== right) throw new Wrong("record_edited", { name: each.name });
}

async function checkSeeds(record, hashed) {
  const times = ["committed_at", "frozen_at", "fixed_at", "drawn_at"].map((name) => Date.parse(record[name]));
  const texts = [record.city_seed, record.public_seed].every((each) => typeof each === "string");
  if (!texts || times.some(Number.isNaN)) throw new Wrong("unreadable", { file: "record.json" });
  if (record.commit !== (await hashed(bytes(record.city_seed)))) throw new Wrong("commit");
  if (record.seed !== (await hashed(bytes(record.city_seed + record.public_seed)))) throw new Wrong("seed");
  if (times.some((each, at) => at && each < times[at - 1]) || times[1] === times[2]) throw new Wrong("times");
}

async function checkFile(file, files, record, hashed) {
  const data = files.get(file), { lines, digest } = record.files[file];
  const there = data.reduce((count, each) => count + (each === 10), 0);
  if (there < lines) throw new Wrong("truncated", { file, there, lines });
  if ((await hashed(data)) !== digest) throw new Wrong("edited", { file });
}

function checkAnnounced(record, announced) {
  const found = { commit: record.commit };
  for (const name of ["plan", "applicants"]) found[name] = record.files[`${name}.csv`].digest;
  for (const [what, value] of Object.entries(found)) {
    const noted = announced[what]?.trim().toLowerCase();
    if (noted && noted !== value) throw new Wrong("announced", { what });
  }
}

const lines = (file, files) => text(file, files).split("\n").slice(1, -1).map((line) => line.split(","));

function readDraws(files) {
  const draws = new Map();
  for (const [school, seats, policy] of lines("plan.csv", files)) {
    draws.set(school, { seats: Number(seats), policy, group: new Map() });
  }
  for (const [school, number, group] of lines("applicants.csv", files)) draws.get(school).group.set(number, group);
  return draws;
}

/** By code points, as the files are sorted; the language itself compares UTF-16 units. */
function before(one, other) {
  const [a, b] = [Array.from(one), Array.from(other)];
  const at = a.findIndex((each, place) => each !== b[place]);
  if (at < 0) return a.length - b.length;
  return at < b.length ? a[at].codePointAt(0) - b[at].codePointAt(0) : 1;
}

async function recompute(draws, seed, hashed) {
  const rows = [];
  for (const school of [...draws.keys()].sort(before)) {
    const draw = draws.get(school), tickets = new Map();
    const numbers = [...draw.group.keys()];
    const found = await Promise.all(
      numbers.map((number) => hashed(bytes(`${seed}|${school}|${draw.group.get(number) || number}`))),
    );
    numbers.forEach((number, at) => tickets.set(number, found[at]));
    const ticketFirst = (one, other) => {
      const [a, b] = [tickets.get(one), tickets.get(other)];
      return a < b ? -1 : a > b ? 1 : before(one, other);
    };
    draw.order = numbers.sort(ticketFirst);
    const admitted = fill(draw, new Set(), new Set());
    draw.order.forEach((number, at) => {
      rows.push([school, at + 1, number, tickets.get(number), admitted.has(number) ? "admitted" : "waiting"]);
    });
  }
  return rows;
}

/** Who is newly seated, down the order, beside those who hold a seat and without those who gave up. */
function fill({ order, group, seats, policy }, held, gone) {
  const seated = new Set();
  for (let at = 0; at < order.length && seats - held.size - seated.size > 0; ) {
    const unit = [order[at++]], bound = group.get(unit[0]);
    while (bound && group.get(order[at]) === bound) unit.push(order[at++]);
    const free = seats - held.size - seated.size;
    let waiting = unit.filter((number) => !held.has(number) && !gone.has(number));
    if (waiting.length > free && policy !== "over_plan") waiting = policy === "split" ? waiting.slice(0, free) : [];
    for (const number of waiting) seated.add(number);
  }
  return seated;
}

function refill(files, draws) {
  const right = [], states = new Map();
  lines("freed.csv", files).forEach((found, at) => {
    const [school, , freed] = found, draw = draws.get(school);
    if (draw && !states.has(school)) states.set(school, { held: fill(draw, new Set(), new Set()), gone: new Set() });
    const state = states.get(school);
    if (!draw || !draw.group.has(freed) || state.gone.has(freed)) {
      throw new Wrong("wrong", { file: "freed.csv", line: at + 2, right: "…", there: found.join(",") });
    }
    state.gone.add(freed);
    state.held.delete(freed);
    const given = fill(draw, state.held, state.gone);
    for (const number of given) state.held.add(number);
    right.push([school, state.gone.size, freed, [...given].join(" ")].join(","));
  });
  return right;
}

function compare(file, files, right) {
  const there = text(file, files).split("\n"), wanted = [COLUMNS[file], ...right, ""];
  for (let at = 0; at < Math.min(there.length, wanted.length); at++) {
    const cut = at === there.length - 1 && there.length < wanted.length && wanted[at].startsWith(there[at]);
    if (there[at] !== wanted[at] && !cut) {
      throw new Wrong("wrong", { file, line: at + 1, right: wanted[at], there: there[at] });
    }
  }
  if (there.length < wanted.length) {
    throw new Wrong("truncated", { file, there: there.length - 1, lines: wanted.length - 1 });
  }
  if (there.length > wanted.length) {
    throw new Wrong("wrong", { file, line: wanted.length, right: "", there: there[wanted.length - 1] });
  }
}

/** GB/T 32905-2016. */
export function sm3(data) {
  const turn = (x, n) => (x << n % 32) | (n % 32 ? x >>> (32 - (n % 32)) : 0);
  const padded = new Uint8Array((Math.floor((data.length + 8) / 64) + 1) * 64);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(data.length / 0x20000000));
  view.setUint32(padded.length - 4, data.length << 3);
  let state = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
  for (let start = 0; start < padded.length; start += 64) {
    const w = Array.from({ length: 16 }, (_none, i) => view.getUint32(start + 4 * i));
    for (let i = 16; i < 68; i++) {
      const x = w[i - 16] ^ w[i - 9] ^ turn(w[i - 3], 15);
      w.push(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[i - 13], 7) ^ w[i - 6]);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const one = turn((turn(a, 12) + e + turn(i < 16 ? 0x79cc4519 : 0x7a879d8a, i)) | 0, 7);
      const most = i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const pick = i < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const two = (most + d + (one ^ turn(a, 12)) + (w[i] ^ w[i + 4])) | 0;
      const x = (pick + h + one + w[i]) | 0;
      [a, b, c, d, e, f, g, h] = [two, a, turn(b, 9), c, x ^ turn(x, 9) ^ turn(x, 17), e, turn(f, 19), g];
    }
    state = [a, b, c, d, e, f, g, h].map((each, i) => each ^ state[i]);
  }
  return hex(state.map((each) => each >>> 0), 8);
}

/** A form with `files`, `commit`, `plan`, `applicants`, `find`, and a [data-verdict] to speak in. */
export function attach(form) {
  const verdict = form.querySelector("[data-verdict]"), button = form.querySelector("button");
  const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    show(verdict, "busy", [WORDS[language].busy]);
    await new Promise((drawn) => setTimeout(drawn, 50));
    try {
      const { record, rows } = await check(await chosen(form), Object.fromEntries(new FormData(form)));
      show(verdict, "right", report(record, rows, form.elements.find.value.trim(), WORDS[language]));
    } catch (error) {
      show(verdict, "wrong", [`✗ ${error[language] ?? error}`]);
    }
    button.disabled = false;
  });
}

async function chosen(form) {
  const files = new Map();
  for (const file of form.elements.files.files) files.set(file.name, new Uint8Array(await file.arrayBuffer()));
  return files;
}

const WORDS = {
  zh: {
    busy: "正在核对，名单大时需要一两分钟……", right: "✓ 核对无误", count: "报名 {0}，录取 {1}。",
    compare: "请与抽签前的公告比较：", commit: "承诺值 commit",
    plan: "招生计划 plan.csv", applicants: "报名名单 applicants.csv", seed: "公共种子", ticket: "签号",
    rank: "{0}：第 {1} 位，", admitted: "录取", waiting: "候补", unknown: "没有报名号 {0}。",
  },
  en: {
    busy: "Checking; a long list takes a minute or two …", right: "✓ Everything is as it must be",
    count: "{0} applications, {1} admitted.",
    compare: "Compare with what was announced before the draw:", commit: "commitment", plan: "plan.csv",
    applicants: "applicants.csv", seed: "public seed", ticket: "ticket", rank: "{0}: rank {1}, ",
    admitted: "admitted", waiting: "waiting", unknown: "There is no application {0}.",
  },
};
const put = (sentence, ...values) => sentence.replace(/\{(\d)\}/g, (_all, at) => values[at]);

function report(record, rows, find, words) {
  const admitted = rows.filter((row) => row[4] === "admitted").length;
  const said = [`${words.right}: ${record.title}`, put(words.count, rows.length, admitted)];
  const own = rows.filter((row) => row[2] === find);
  for (const [school, rank, , ticket, result] of own) {
    said.push(`${put(words.rank, school, rank)}${words[result]}. ${words.ticket} ${ticket}`);
  }
  if (find && !own.length) said.push(put(words.unknown, find));
  said.push(words.compare, `${words.commit} (${record.committed_at}) ${record.commit}`);
  for (const name of ["plan", "applicants"]) {
    said.push(`${words[name]} (${record.frozen_at}) ${record.files[`${name}.csv`].digest}`);
  }
  return said.concat(`${words.seed} (${record.fixed_at}, ${record.public_source}) ${record.public_seed}`);
}

function show(verdict, state, said) {
  verdict.dataset.verdict = state;
  verdict.replaceChildren(
    ...said.map((line) => Object.assign(document.createElement("p"), { textContent: line })),
  );
}

for (const form of document.querySelectorAll("form[data-verify]")) attach(form);
