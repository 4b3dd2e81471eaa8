"use strict";
// The picture: what is known at a step, and how it is looked at.

const MAX_ZOOM = 4;
const LEGIBLE = 0.9; // the smallest words of a picture have 10 px, and are to be seen with 9
const NEARLY = 0.6; // smaller is better than cut off at the side, as long as they have 6 px
const MARGIN = 16; // of a picture, with nothing in it

/** The SVG with its boxes and edges, zoomed and panned within its frame. */
class Stage {
  /** @param {object} told what to call on a click (`select`) and when hovered (`hover`) */
  constructor(svg, told) {
    this.told = told;
    this.sheet = make("div", { class: "sheet" });
    this.frame = make(
      "div",
      {
        class: "stage",
        tabindex: "0",
        role: "group",
        "aria-label": "The graph. Arrow keys step through it, plus and minus zoom.",
      },
      this.sheet,
    );
    this.whole = make("button", { type: "button", class: "whole", tabindex: "-1" }, "Show all of it");
    this.whole.addEventListener("click", () => this.fitWhole());
    for (const kind of ["pointerdown", "pointerup"]) {
      this.whole.addEventListener(kind, (event) => event.stopPropagation());
    }
    this.frame.append(this.whole);
    this.view = { x: 0, y: 0, k: 1 };
    this.pointers = new Map();
    this.load(svg);
    this.listen();
  }

  // -- what is shown -----------------------------------------------------------------------------

  /** Show a picture; `svg.py` says what can be relied on in it. */
  load(svg) {
    this.svg = svg;
    this.width = Number(svg.getAttribute("width"));
    this.height = Number(svg.getAttribute("height"));
    this.boxes = new Map();
    this.edges = new Map();
    this.holders = new Map();
    this.gradients = new Map();
    this.state = new Map();
    this.flowing = new Map();
    for (const box of svg.querySelectorAll("g[id]")) {
      if (box.classList.contains("ag-cluster")) continue;
      this.boxes.set(box.id, box);
      for (const id of (box.dataset.holds ?? "").split(" ")) if (id) this.holders.set(id, box.id);
    }
    for (const edge of svg.querySelectorAll("path[id]")) this.edges.set(edge.id, edge);
    this.chips = draw("g", { class: "chips" });
    (svg.querySelector(".ag-boxes")?.parentNode ?? svg).append(this.chips);
    this.readLines();
    this.sheet.replaceChildren(svg);
    this.folds = new Folds(this);
  }

  /** Words for a box that has none: the page leaves out of the image what it knows itself. */
  explain(id, words) {
    const box = this.boxes.get(id);
    if (box && !box.querySelector(":scope > title")) box.prepend(draw("title", {}, words));
  }

  /** The id of the box that shows a node: its own, or of what it is folded into. */
  boxOf(id) {
    const shown = this.boxes.has(id) ? id : (this.holders.get(id) ?? id);
    return this.folds.seen(shown);
  }

  /** The id of the edge between two nodes, as the operand with this number. */
  edgeOf(tail, head, operand) {
    const [from, to] = [tail, head].map((id) => (this.boxes.has(id) ? id : this.holders.get(id)));
    let found = null;
    for (const name of [`${from}-${to}`, `${from}-${to}-2`, `${from}-${to}-3`]) {
      const edge = this.edges.get(name);
      if (!edge) break;
      found ??= name;
      if (Number(edge.dataset.operand) === operand) return name;
    }
    return found;
  }

  /** Find the lines of boxes that show a gradient, to hide them until it has arrived. */
  readLines() {
    for (const [id, box] of this.boxes) {
      for (const label of box.querySelectorAll(":scope > .ag-label")) {
        const line = label.nextElementSibling;
        if (label.textContent !== "grad" || !line) continue;
        label.classList.add("late");
        line.classList.add("late");
        const absent = line.classList.contains("ag-absent");
        this.gradients.set(id, { line, text: line.textContent, absent });
      }
    }
  }

  /** Give a box its classes; only what changed is written. */
  mark(id, classes) {
    if (this.state.get(id) === classes) return;
    const box = this.boxes.get(id);
    if (!box) return;
    for (const name of (this.state.get(id) ?? "").split(" ")) if (name) box.classList.remove(name);
    for (const name of classes.split(" ")) if (name) box.classList.add(name);
    this.state.set(id, classes);
  }

  /** Write a gradient into its box; null brings back what the picture has. */
  gradient(id, text) {
    const known = this.gradients.get(id);
    if (!known) return;
    const shown = text === null ? known.text : text && fitted(text, known.text);
    if (known.line.textContent !== shown) known.line.textContent = shown;
    known.line.classList.toggle("ag-absent", text === null && known.absent);
  }

  /** Mark edges: a map from id to class. */
  flow(edges) {
    for (const [id, kind] of this.flowing ?? []) this.edges.get(id)?.classList.remove(kind);
    for (const [id, kind] of edges) this.edges.get(id)?.classList.add(kind);
    this.flowing = edges;
  }

  /** Small labels on edges: [[id, text], …]. */
  label(texts) {
    this.chips.replaceChildren(
      ...texts
        .filter(([id]) => this.edges.has(id))
        .map(([id, text]) => this.chip(this.edges.get(id), text)),
    );
  }

  chip(edge, text) {
    const length = edge.getTotalLength();
    const middle = edge.getPointAtLength(
      Math.min(length / 2, Math.max(length - 24, length * 0.35)),
    );
    const width = 6.4 * text.length + 12;
    return draw(
      "g",
      { class: "chip", transform: `translate(${middle.x} ${middle.y})` },
      draw("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }),
      draw("text", { y: 4, "text-anchor": "middle" }, text),
    );
  }

  // -- how it is looked at -----------------------------------------------------------------------

  /** Zoom so that all is seen, but not larger than life; a large picture from its top. */
  fit() {
    const { clientWidth: w, clientHeight: h } = this.frame;
    if (!w || !h) return;
    const whole = Math.min(w / this.width, h / this.height, 1.25);
    const k = Math.max(whole, Math.min(0.7, w / this.width));
    this.look({ k, x: (w - this.width * k) / 2, y: Math.max((h - this.height * k) / 2, 0) });
  }

  /** Zoom so that really all is seen, however small. */
  fitWhole() {
    const { clientWidth: w, clientHeight: h } = this.frame;
    const k = Math.min(w / this.width, h / this.height, 1.25);
    this.look({ k, x: (w - this.width * k) / 2, y: (h - this.height * k) / 2 }, true);
  }

  /** At first: its whole width, from the top, where that can be read; else about the result. */
  open() {
    this.fit();
    const { clientWidth: w, clientHeight: h } = this.frame;
    const across = w / this.width;
    const k = across < NEARLY ? LEGIBLE : Math.min(LEGIBLE, across);
    if (!w || this.view.k >= k) return;
    if (across >= NEARLY) {
      this.look({ k, x: (w - this.width * k) / 2, y: Math.max((h - this.height * k) / 2, 0) });
      return;
    }
    const boxes = this.svg.querySelectorAll(".ag-box");
    const result = this.svg.querySelector(".ag-box.ag-output") ?? boxes[boxes.length - 1];
    const at = result ? this.placeOf(result) : { x: 0, y: 0, width: 0, height: 0 };
    const x = centred(w, this.width * k, (at.x + at.width / 2) * k);
    this.look({ k, x, y: centred(h, this.height * k, (at.y + at.height / 2) * k) });
  }

  look(view, smooth = false) {
    this.view = view;
    this.sheet.classList.toggle("glide", smooth);
    this.sheet.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
    this.showBeyond();
  }

  /** A shadow where the picture goes on beyond the frame, and a button to see all of it. */
  showBeyond() {
    const { clientWidth: w, clientHeight: h, classList } = this.frame;
    const { x, y, k } = this.view;
    const margin = MARGIN * k;
    const beyond = {
      left: -x > margin,
      right: x + this.width * k - w > margin,
      top: -y > margin,
      bottom: y + this.height * k - h > margin,
    };
    for (const [side, more] of Object.entries(beyond)) classList.toggle(`more-${side}`, more);
    this.whole.hidden = !w || !Object.values(beyond).some(Boolean);
  }

  /** Zoom by a factor about a point of the frame, by default its middle. */
  zoom(factor, x = this.frame.clientWidth / 2, y = this.frame.clientHeight / 2, smooth = false) {
    const least = Math.min(0.05, this.frame.clientWidth / this.width / 2);
    const k = Math.min(MAX_ZOOM, Math.max(least, this.view.k * factor));
    const by = k / this.view.k;
    this.look({ k, x: x - (x - this.view.x) * by, y: y - (y - this.view.y) * by }, smooth);
  }

  pan(dx, dy) {
    this.look({ ...this.view, x: this.view.x + dx, y: this.view.y + dy });
  }

  /** Bring boxes into sight, the first of them at least, moving the picture no more than needed. */
  reveal(ids) {
    const { clientWidth: w, clientHeight: h } = this.frame;
    const places = ids
      .map((id) => this.boxes.get(id))
      .filter(Boolean)
      .map((box) => this.placeOf(box));
    if (!places.length || !w) return;
    const margin = 16;
    const k = Math.max(this.view.k, Math.min(0.6, this.view.k * 2));
    const all = around(places);
    const fits = all.width * k + 2 * margin <= w && all.height * k + 2 * margin <= h;
    const target = fits ? all : places[0];
    const view = {
      k,
      x: nearest(this.view.x, margin - target.x * k, w - margin - (target.x + target.width) * k),
      y: nearest(this.view.y, margin - target.y * k, h - margin - (target.y + target.height) * k),
    };
    if (view.x !== this.view.x || view.y !== this.view.y || k !== this.view.k)
      this.look(view, true);
  }

  /** The place of a box on the sheet, in the picture's own pixels. */
  placeOf(box) {
    const sheet = this.svg.getBoundingClientRect();
    const k = sheet.width / this.width;
    const at = (box.querySelector(".ag-frame") ?? box).getBoundingClientRect();
    return {
      x: (at.left - sheet.left) / k,
      y: (at.top - sheet.top) / k,
      width: at.width / k,
      height: at.height / k,
    };
  }

  listen() {
    const { frame } = this;
    frame.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.pressed(event));
    frame.addEventListener("pointermove", (event) => this.moved(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      frame.addEventListener(kind, (event) => this.released(event));
    }
    frame.addEventListener("pointerover", (event) => this.told.hover(this.boxAt(event)));
    frame.addEventListener("pointerleave", () => this.told.hover(null));
  }

  /** The wheel zooms: in a page of its own at once, in another once the picture was clicked. */
  wheeled(event) {
    if (!this.told.mayZoom(event)) return;
    event.preventDefault();
    const at = this.frame.getBoundingClientRect();
    const delta = Math.max(-60, Math.min(60, event.deltaY * (event.deltaMode === 1 ? 20 : 1)));
    this.zoom(Math.exp(-delta * 0.004), event.clientX - at.left, event.clientY - at.top);
  }

  pressed(event) {
    if (event.button) return;
    this.pointers.set(event.pointerId, event);
    this.dragged = 0;
  }

  moved(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((p) => p.pointerId !== event.pointerId);
    const dx = event.clientX - before.clientX;
    const dy = event.clientY - before.clientY;
    this.dragged += Math.abs(dx) + Math.abs(dy);
    this.pointers.set(event.pointerId, event);
    if (this.dragged > 4 && !this.frame.hasPointerCapture(event.pointerId)) {
      this.frame.setPointerCapture(event.pointerId);
      this.frame.classList.add("dragging");
    }
    if (!others.length) {
      this.pan(dx, dy);
      return;
    }
    const other = others[0];
    const spread = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
    const at = this.frame.getBoundingClientRect();
    const x = (event.clientX + other.clientX) / 2 - at.left;
    const y = (event.clientY + other.clientY) / 2 - at.top;
    this.pan(dx / 2, dy / 2);
    this.zoom(spread(event) / Math.max(1, spread(before)), x, y);
  }

  released(event) {
    const was = this.pointers.delete(event.pointerId);
    this.frame.classList.remove("dragging");
    if (was && event.type === "pointerup" && this.dragged <= 4) {
      const fold = this.foldAt(event);
      if (fold) this.told.fold(fold);
      else this.told.select(this.boxAt(event));
    }
  }

  /** The box under the pointer: the innermost group that has an id. */
  boxAt(event) {
    const found = event.composedPath().find((e) => e.id && this.boxes.get(e.id) === e);
    return found ? found.id : null;
  }

  /** The cluster whose title or cover is under the pointer. */
  foldAt(event) {
    for (const e of event.composedPath()) {
      const id =
        e.dataset?.unfolds ?? (e.classList?.contains("ag-cluster-title") && e.dataset.cluster);
      if (id) return id;
    }
    return null;
  }
}

/** `text` in about the room that the picture left for it: whole, without its norm, or its norm. */
function fitted(text, before) {
  const room = Math.max(before.length, 8);
  const [whole, norm] = parted(text);
  const found = [whole, norm].find((one) => one && one.length <= room);
  return numeral(found ?? `${text.slice(0, room - 1)}…`);
}

/** Where something of a size begins in a room, to have one of its points in the middle. */
function centred(room, size, point) {
  const left = room - size;
  return left >= 0 ? left / 2 : Math.min(0, Math.max(left, room / 2 - point));
}

/** The rectangle around rectangles. */
function around(places) {
  const x = Math.min(...places.map((p) => p.x));
  const y = Math.min(...places.map((p) => p.y));
  const right = Math.max(...places.map((p) => p.x + p.width));
  const bottom = Math.max(...places.map((p) => p.y + p.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** The value nearest to `value` from `low` to `high`; between them where they are the wrong way. */
function nearest(value, low, high) {
  return low > high ? (low + high) / 2 : Math.min(Math.max(value, low), high);
}
