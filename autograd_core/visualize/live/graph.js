"use strict";
// The data of the page: nodes, steps, and the formulas that they share.

/** A name as a formula's letter; of "0.W", which would read as a number, W with the index 0. */
function named(symbol) {
  const path = /^(\d[\w.]*)\.([^.]+)$/.exec(symbol);
  return path ? ["msub", ["mi", path[2]], ["mn", path[1]]] : ["mi", symbol];
}

/** The data of the page, with what can be looked up in it. */
class Graph {
  constructor(data) {
    Object.assign(
      this,
      { nodes: [], steps: [{ phase: "whole" }], formulas: [], code: [], notes: [] },
      data,
    );
    this.forward = new Map();
    this.backward = new Map();
    this.byLine = new Map();
    this.byId = new Map(this.nodes.map((node, i) => [node.id, i]));
    this.steps.forEach((step, i) => {
      if (step.phase === "forward") this.forward.set(step.node, i);
      if (step.phase === "backward") this.backward.set(step.node, i);
    });
    this.nodes.forEach((node, i) => {
      if (node.line) collect(this.byLine, node.line.join(":"), i);
    });
    this.seeded = this.steps.find((step) => step.phase === "backward")?.node;
    this.counts = {
      forward: this.forward.size,
      backward: this.backward.size,
    };
  }

  /** The tree of a node's name in formulas: what the user called it, or v with its number. */
  symbol(i) {
    const node = this.nodes[i];
    if (node.symbol) return named(node.symbol);
    return ["msub", ["mi", "v"], ["mn", node.id.replace(/^\D+/, "")]];
  }

  /** The name of a node in plain text. */
  name(i) {
    const node = this.nodes[i];
    return node.symbol ?? `v${node.id.replace(/^\D+/, "")}`;
  }

  /** The tree of an operand's name, whether it is a node or a constant. */
  operand(input, place) {
    if (input.node !== undefined) return this.symbol(input.node);
    if (input.symbol) return named(input.symbol);
    return input.value.length <= 12
      ? ["mn", numeral(input.value)]
      : ["msub", ["mi", "c"], ["mn", String(place + 1)]];
  }

  /** What is called the loss: that from which the blame starts. */
  get result() {
    return this.seeded === undefined ? ["mi", "loss"] : this.symbol(this.seeded);
  }

  get resultName() {
    return this.seeded === undefined ? "loss" : this.name(this.seeded);
  }

  /** The trees to fill into the formulas of a node. */
  slots(i) {
    const inputs = this.nodes[i].inputs ?? [];
    return {
      0: this.symbol(i),
      ...Object.fromEntries(inputs.map((input, k) => [k + 1, this.operand(input, k)])),
      blame: partial(this.result, this.symbol(i)),
    };
  }

  formula(number, i) {
    return formula(filledTree(this.formulas[number], this.slots(i)));
  }

  /** "tanh", or "parameter". */
  kind(i) {
    return this.nodes[i].op ?? "parameter";
  }

  /** The text of the line that recorded a node, and where it is. */
  source(i) {
    const place = this.nodes[i].line;
    if (!place) return null;
    const file = this.code[place[0]];
    const found = file.lines.find((line) => line && line[0] === place[1]);
    return { file: file.name, number: place[1], text: found?.[1] ?? null };
  }
}

function collect(map, key, item) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(item);
}

/** A tree with its places filled; a fraction within a fraction is written with a slash. */
function filledTree(tree, slots, within = false) {
  const [tag, ...rest] = tree;
  if (rest.length === 1 && typeof rest[0] === "string") {
    const code = rest[0].codePointAt(0);
    if (code === BLAME && slots.blame) return within ? slashed(slots.blame) : slots.blame;
    if (code >= OUTPUT && code < BLAME && slots[code - OUTPUT]) return slots[code - OUTPUT];
    return tree;
  }
  const inner = within || tag === "mfrac";
  return [
    tag,
    ...rest.map((child) => (Array.isArray(child) ? filledTree(child, slots, inner) : child)),
  ];
}

function slashed([, above, below]) {
  return row(above, sign("/"), below);
}

function treeText(tree) {
  return tree
    .slice(1)
    .map((part) => (Array.isArray(part) ? treeText(part) : typeof part === "string" ? part : ""))
    .join("");
}
