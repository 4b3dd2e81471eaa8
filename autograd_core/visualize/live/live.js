"use strict";
// The live picture: controls, keys, search, folding, and what is shown at each step.

const PACE = 1100; // milliseconds a step, when played
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const night = matchMedia("(prefers-color-scheme: dark)");

/** One live picture, in the shadow tree of its element. */
class Live {
  constructor(host, svg, data) {
    this.host = host;
    this.data = data;
    this.graph = new Graph(data);
    this.at = 0;
    this.chosen = null;
    const told = {
      select: (i) => this.select(i),
      point: (i) => this.point(i === null ? [] : [i]),
      pointAll: (nodes) => this.point(nodes),
    };
    this.stage = new Stage(svg, {
      select: (id) => this.clicked(id),
      hover: (id) => this.hovered(id),
      fold: (id) => this.fold(id),
      mayZoom: (event) =>
        data.page || event.ctrlKey || event.metaKey || host.matches(":focus-within"),
    });
    this.panel = new Panel(this.graph, told);
    this.listing = new Listing(this.graph, told);
    if (this.listing.element) this.panel.element.append(this.listing.element);
    this.build();
    this.root.classList.toggle("many", this.graph.nodes.length > 150);
    this.tag();
    this.listen();
    this.paint();
    this.go(0);
  }

  // -- the frame ---------------------------------------------------------------------------------

  get folds() {
    return this.stage.folds;
  }

  build() {
    const { data } = this;
    const button = (name, label, press, text) =>
      make(
        "button",
        { type: "button", class: name, "aria-label": label, title: label, onclick: press },
        text ?? icon(name),
      );
    const last = this.graph.steps.length - 1;
    this.slider = make("input", {
      type: "range",
      min: 0,
      max: last,
      value: 0,
      "aria-label": "Step",
      oninput: () => this.go(Number(this.slider.value)),
    });
    this.position = make("output", { class: "position" });
    this.playing = button("play", "Play", () => this.toggle());
    const steps = make(
      "div",
      { class: "group steps", role: "group", "aria-label": "Steps" },
      button("first", "The whole picture (Home)", () => this.go(0)),
      button("back", "Step back (←)", () => this.go(this.at - 1)),
      this.playing,
      button("on", "Step on (→)", () => this.go(this.at + 1)),
      button("last", "The last step (End)", () => this.go(last)),
      this.slider,
      this.position,
    );
    this.search = new Search(this);
    const looks = make(
      "div",
      { class: "group looks", role: "group", "aria-label": "View" },
      this.folds.clusters.size || data.other
        ? button("fold", "Fold and unfold modules (f)", () => this.foldAll())
        : null,
      button("out", "Zoom out (−)", () => this.stage.zoom(1 / 1.3, undefined, undefined, true)),
      button("in", "Zoom in (+)", () => this.stage.zoom(1.3, undefined, undefined, true)),
      button("fit", "Fit the picture (0)", () => this.stage.fit()),
      button("theme", "Light or dark", () => this.paint(this.theme === "dark" ? "light" : "dark")),
    );
    this.spoken = make("p", { class: "spoken", "aria-live": "polite", role: "status" });
    this.root = make(
      "section",
      {
        class: `live${data.page ? " page" : ""}${last > 0 ? "" : " still"}`,
        "aria-label": data.title,
      },
      make("div", { class: "bar" }, last > 0 ? steps : null, this.search.element, looks),
      make("div", { class: "main" }, this.stage.frame, this.panel.element),
      this.spoken,
    );
    if (!data.page) this.root.style.height = `${this.height(last > 0)}px`;
    const shadow = this.host.shadowRoot ?? this.host.attachShadow({ mode: "open" });
    shadow.replaceChildren(make("style", {}, STYLE), this.root);
  }

  /** As high as the picture, within limits; steps have more to say. */
  height(stepped) {
    return Math.max(stepped ? 460 : 260, Math.min(560, this.stage.height + (stepped ? 60 : 180)));
  }

  /** Write the names of formulas beside the boxes that have none of their own. */
  tag() {
    if (this.stage.svg.querySelector(".tag")) return;
    for (const node of this.graph.nodes) this.stage.explain(node.id, hint(node));
    for (const [i, node] of this.graph.nodes.entries()) {
      if (node.name) continue;
      const box = this.stage.boxes.get(node.id);
      box?.append(draw("text", { class: "tag", x: 3, y: -4 }, this.graph.name(i)));
    }
  }

  // -- steps -------------------------------------------------------------------------------------

  /** Show a step; 0 is the whole picture. */
  go(to) {
    const last = this.graph.steps.length - 1;
    this.at = Math.max(0, Math.min(last, to));
    this.chosen = null;
    if (this.at === last) this.pause();
    const step = this.graph.steps[this.at];
    this.shade(step);
    this.describe(step);
    const words = this.words(step);
    this.slider.value = this.at;
    this.slider.setAttribute("aria-valuetext", words);
    this.position.textContent = this.counted(step);
    this.spoken.textContent = words;
    this.listing.mark(this.graph.nodes[step.node], "now");
    if (step.node !== undefined) this.reveal(step.node);
  }

  /** "Backward 3 of 9". */
  counted(step) {
    if (step.phase === "whole") return "the whole picture";
    const number = step.phase === "forward" ? this.at : this.at - this.graph.counts.forward;
    return `${step.phase} ${number} of ${this.graph.counts[step.phase]}`;
  }

  /** The step in one or two sentences. */
  words(step) {
    const { graph } = this;
    if (step.phase === "whole") return `${this.data.title}: ${this.data.summary}.`;
    const node = graph.nodes[step.node];
    const what = `${this.counted(step)}: ${graph.name(step.node)}, ${graph.kind(step.node)}`;
    if (step.phase === "forward") return `${what}, gives ${node.value}.`;
    const from = step.parts.length > 1 ? ` in ${step.parts.length} parts` : "";
    const hands = (step.hands ?? []).map((hand) => `${hand.blame} to ${graph.name(hand.to)}`);
    const on = hands.length ? ` Hands ${hands.join(", and ")}.` : "";
    return `${what}. Blame ${step.blame} arrives${from}.${on}`;
  }

  /** What the panel says. */
  describe(step) {
    const { panel } = this;
    if (step.phase === "whole") panel.show(panel.whole(this.data));
    else if (step.phase === "forward") panel.show(panel.forward(step.node, this.counted(step)));
    else panel.show(panel.backward(step, this.counted(step)));
  }

  /** What is known at a step, in the picture. */
  shade(step) {
    const { graph, stage } = this;
    const states = new Map();
    graph.nodes.forEach((node, i) => {
      const folded = stage.boxOf(node.id) !== node.id;
      if (!folded || node.op) collect(states, stage.boxOf(node.id), this.stateOf(i, step));
      if (!stage.holders.has(node.id)) {
        stage.gradient(node.id, step.phase === "backward" ? this.gradientOf(i) : null);
      }
    });
    for (const [box, all] of states) stage.mark(box, together(all));
    const { flow, labels } = this.flows(step);
    stage.flow(flow);
    stage.label(labels);
  }

  /** The classes of a node's box. */
  stateOf(i, step) {
    const { graph } = this;
    if (step.phase === "whole") return "";
    if (step.node === i) return `now ${step.phase}${step.phase === "backward" ? " blamed" : ""}`;
    if (step.phase === "forward") {
      const own = graph.forward.get(i);
      return own === undefined || own < this.at ? "done" : "todo";
    }
    const visit = graph.backward.get(i);
    if (visit !== undefined && visit < this.at) return "done blamed";
    return this.partsBy(i).length ? "done partly" : "done";
  }

  /** The parts of a node's blame that are there by now. */
  partsBy(i) {
    const { graph } = this;
    const visit = graph.backward.get(i);
    if (visit === undefined) return [];
    return graph.steps[visit].parts.filter(
      (part) => part.from === undefined || graph.backward.get(part.from) <= this.at,
    );
  }

  /** The gradient to show in a box: complete, or the sum so far, or nothing. */
  gradientOf(i) {
    const { graph } = this;
    const visit = graph.backward.get(i);
    if (visit === undefined) return null;
    if (visit <= this.at) return graph.steps[visit].blame;
    const parts = this.partsBy(i);
    if (!parts.length) return "";
    const last = parts[parts.length - 1];
    if (last.from === undefined) return graph.steps[visit].blame;
    const hand = graph.steps[graph.backward.get(last.from)].hands.find(
      (one) => one.to === i && one.operand === last.operand,
    );
    return `${hand.total ?? hand.blame}`;
  }

  /** The edges along which something flows at a step, and what is written on them. */
  flows(step) {
    const flow = new Map();
    const labels = [];
    const { nodes } = this.graph;
    const edge = (i, operand) => {
      const { node } = nodes[i].inputs[operand];
      return node === undefined ? null : this.stage.edgeOf(nodes[node].id, nodes[i].id, operand);
    };
    if (step.phase === "forward") {
      nodes[step.node].inputs.forEach((input, k) => flow.set(edge(step.node, k), "carries"));
    }
    if (step.phase === "backward") {
      for (const part of step.parts)
        if (part.from !== undefined) flow.set(edge(part.from, part.operand), "brought");
      const texts = new Map();
      for (const hand of step.hands ?? []) {
        const id = edge(step.node, hand.operand);
        flow.set(id, "hands");
        texts.set(id, [...(texts.get(id) ?? []), brief(hand.blame)]);
      }
      for (const [id, parts] of texts) labels.push([id, parts.join(" + ")]);
    }
    return { flow, labels };
  }

  toggle() {
    if (this.timer) {
      this.pause();
      return;
    }
    if (this.at === this.graph.steps.length - 1) this.go(0);
    this.timer = setInterval(() => this.go(this.at + 1), PACE);
    this.showPlaying(true);
    this.go(this.at + 1);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.showPlaying(false);
  }

  showPlaying(on) {
    this.playing.replaceChildren(icon(on ? "pause" : "play"));
    const label = on ? "Pause (space)" : "Play (space)";
    this.playing.setAttribute("aria-label", label);
    this.playing.setAttribute("title", label);
    this.playing.setAttribute("aria-pressed", String(on));
    this.spoken.setAttribute("aria-live", on ? "off" : "polite");
  }

  // -- boxes -------------------------------------------------------------------------------------

  /** Show the details of a node. */
  select(i) {
    this.pause();
    this.chosen = i;
    const { panel, graph } = this;
    panel.show(panel.details(i, (to) => this.go(to)));
    this.spoken.textContent = `${graph.name(i)}, ${graph.kind(i)}, value ${graph.nodes[i].value}`;
    this.outline("chosen", [graph.nodes[i].id]);
    this.listing.mark(graph.nodes[i], "now");
    this.reveal(i);
  }

  /** Bring a node into sight, with what it reads if that is near. */
  reveal(i) {
    const { graph, stage } = this;
    const read = (graph.nodes[i].inputs ?? []).filter((input) => input.node !== undefined);
    stage.reveal(
      [i, ...read.map((input) => input.node)].map((n) => stage.boxOf(graph.nodes[n].id)),
    );
  }

  /** A click on the picture: a node's details, a box's own words, or back to the step. */
  clicked(id) {
    this.stage.frame.focus({ preventScroll: true });
    if (id === null) {
      this.escape();
      return;
    }
    const nodes = this.nodesIn(id);
    if (nodes.length === 1) {
      this.select(nodes[0]);
      return;
    }
    this.pause();
    this.chosen = id;
    const title = this.stage.boxes.get(id).querySelector("title")?.textContent ?? "";
    const [first, ...rest] = title.split("\n");
    this.panel.show(
      make("header", {}, make("p", { class: "phase detail" }, "Details"), make("h2", {}, first)),
      ...rest.map((line) => make("p", { class: "small" }, line)),
      ...nodes
        .slice(0, 40)
        .map((i) => make("p", { class: "small" }, this.panel.button(i), ` ${this.graph.kind(i)}`)),
    );
    this.spoken.textContent = title;
    this.outline("chosen", [id]);
  }

  /** The numbers of the nodes that a box shows. */
  nodesIn(id) {
    const { byId } = this.graph;
    const held = this.stage.boxes.get(id)?.dataset.holds?.split(" ") ?? [];
    return [id, ...held].map((name) => byId.get(name)).filter((i) => i !== undefined);
  }

  hovered(id) {
    const nodes = id === null ? [] : this.nodesIn(id);
    this.listing.mark(this.graph.nodes[nodes[0]], "pointed");
  }

  point(nodes) {
    this.outline(
      "pointed",
      nodes.map((i) => this.graph.nodes[i].id),
    );
    this.listing.mark(nodes.length === 1 ? this.graph.nodes[nodes[0]] : undefined, "pointed");
  }

  /** Give boxes a class, and take it from those that had it. */
  outline(kind, ids) {
    this.outlined ??= new Map();
    for (const box of this.outlined.get(kind) ?? []) box.classList.remove(kind);
    const boxes = ids.map((id) => this.stage.boxes.get(this.stage.boxOf(id))).filter(Boolean);
    for (const box of boxes) box.classList.add(kind);
    this.outlined.set(kind, boxes);
  }

  /** Back from details, from a search, to the step. */
  escape() {
    this.outline("chosen", []);
    this.outline("found", []);
    this.search.close();
    if (this.chosen !== null) {
      this.chosen = null;
      this.describe(this.graph.steps[this.at]);
      this.listing.mark(this.graph.nodes[this.graph.steps[this.at].node], "now");
    }
  }

  /** Fold or unfold one module, where it stands. */
  fold(id) {
    this.folds.toggle(id);
    this.refresh();
    this.spoken.textContent = this.folds.folded.has(id) ? "Folded." : "Unfolded.";
  }

  /** The other picture of the same graph: folded and laid out anew, or whole. */
  foldAll() {
    if (this.data.other) {
      this.pictures ??= [this.stage.svg, svgOf(this.data.other)];
      this.pictures.reverse();
      this.stage.load(this.pictures[0]);
      this.tag();
      this.paint();
      this.stage.open();
    } else this.folds.toggleAll();
    this.refresh();
    const { node } = this.graph.steps[this.at];
    if (node !== undefined) this.reveal(node);
    this.spoken.textContent = `${this.stage.boxes.size} boxes.`;
  }

  refresh() {
    this.stage.state.clear();
    for (const box of this.stage.boxes.values()) {
      box.classList.remove("now", "done", "todo", "blamed", "partly", "forward", "backward");
    }
    this.shade(this.graph.steps[this.at]);
  }

  // -- light and dark ----------------------------------------------------------------------------

  /** In the reader's colours: those that were chosen, or the notebook's, or the system's. */
  paint(theme) {
    this.wanted = theme ?? this.wanted;
    this.theme = this.wanted ?? notebookTheme() ?? (night.matches ? "dark" : "light");
    this.root.dataset.theme = this.theme;
    const dark = this.theme === "dark";
    for (const style of this.stage.svg.querySelectorAll("style")) {
      for (const rule of style.sheet?.cssRules ?? []) {
        if (rule.media && (rule.ours || rule.media.mediaText.includes("prefers-color-scheme"))) {
          rule.ours = true;
          rule.media.mediaText = dark ? "all" : "not all";
        }
      }
    }
    if (this.data.page) document.body.style.background = dark ? "#14171c" : "#ffffff";
  }

  // -- keys --------------------------------------------------------------------------------------

  listen() {
    const target = this.data.page ? document : this.host;
    target.addEventListener("keydown", (event) => this.pressed(event));
    night.addEventListener("change", () => this.paint());
    new ResizeObserver(() => this.resized()).observe(this.stage.frame);
  }

  /** Begin when the frame gets its size; later only if the reader has not moved the picture. */
  resized() {
    const { clientWidth, clientHeight } = this.stage.frame;
    if (!clientWidth || !clientHeight) return;
    if (!this.sized || this.sized !== `${clientWidth}x${clientHeight}`) this.stage.open();
    this.sized = `${clientWidth}x${clientHeight}`;
  }

  pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = event.composedPath();
    if (inside.some((e) => e === this.search.input)) {
      this.search.pressed(event);
      return;
    }
    const onSlider = inside.includes(this.slider);
    const onButton = inside.some((e) => e.tagName === "BUTTON" || e.tagName === "SUMMARY");
    const last = this.graph.steps.length - 1;
    const actions = {
      ArrowRight: () => this.go(this.at + 1),
      ArrowLeft: () => this.go(this.at - 1),
      Home: () => this.go(0),
      End: () => this.go(last),
      " ": onButton ? null : () => this.toggle(),
      "/": () => this.search.input.focus(),
      f: () => this.foldAll(),
      "+": () => this.stage.zoom(1.3, undefined, undefined, true),
      "=": () => this.stage.zoom(1.3, undefined, undefined, true),
      "-": () => this.stage.zoom(1 / 1.3, undefined, undefined, true),
      0: () => this.stage.fit(),
      Escape: () => this.escape(),
    };
    const action = actions[event.key];
    if (!action) return;
    if (!onSlider || event.key === " ") {
      if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End")
        this.pause();
      action();
      event.preventDefault();
    }
    event.stopPropagation();
  }
}

/** What a box says when it is pointed at. */
function hint(node) {
  return [
    `${node.name ? `${node.name}: ` : ""}${node.op ?? "parameter"}`,
    `shape ${node.shape}`,
    `value ${node.value}`,
  ].join("\n");
}

/** The classes of a box that stands for several nodes. */
function together(states) {
  const now = states.find((state) => state.startsWith("now"));
  if (now || states.every((state) => state === states[0])) return now ?? states[0];
  return states.includes("todo") ? "todo" : "done partly";
}

const ICONS = {
  first: "M3 3v10M13 3 6 8l7 5z",
  back: "M11 3 4 8l7 5z",
  play: "M4 2.5v11l9.5-5.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  on: "M5 3l7 5-7 5z",
  last: "M13 3v10M3 3l7 5-7 5z",
  out: "M3 8h10",
  in: "M3 8h10M8 3v10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  theme: "M8 2a6 6 0 1 0 0 12z M8 2a6 6 0 0 1 0 12",
  fold: "M3 3h10v10H3zM5.5 8h5",
};

function icon(name) {
  return draw(
    "svg",
    { viewBox: "0 0 16 16", "aria-hidden": "true", class: `icon ${name}` },
    draw("path", { d: ICONS[name] }),
  );
}

/** The colours of JupyterLab or VS Code around, if they tell. */
function notebookTheme() {
  const { body } = document;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "true" ? "light" : "dark";
  if (body.classList.contains("vscode-dark") || body.classList.contains("vscode-high-contrast"))
    return "dark";
  return body.classList.contains("vscode-light") ? "light" : null;
}

function svgOf(text) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  return document.importNode(parsed.documentElement, true);
}

/** The bytes of a text in base 64. */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** The data of the page, which are compressed if they are long. */
async function dataIn(element) {
  if (element.type !== "application/gzip") return JSON.parse(element.textContent);
  const packed = new Blob([bytesOf(element.textContent)]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).json();
}

/** Make the pictures of this output live; one that fails stays the image that it is. */
async function start() {
  const element = document.querySelector(`script[data-ag-data="${KEY}"]`);
  if (!element) return;
  for (const host of document.querySelectorAll(`[data-ag-live="${KEY}"]`)) {
    const image = host.querySelector("img");
    if (host.shadowRoot || !image) continue;
    try {
      const data = await dataIn(element);
      const text = data.picture ?? new TextDecoder().decode(bytesOf(image.src.split(",", 2)[1]));
      if (!host.shadowRoot) new Live(host, svgOf(text), data);
    } catch (error) {
      console.error("This picture cannot be made live:", error);
    }
  }
}
