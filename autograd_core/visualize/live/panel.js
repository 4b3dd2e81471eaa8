"use strict";
// What is said beside the picture: of the whole, of a step, of a node.

/** The words beside the picture. */
class Panel {
  /** @param {object} told what to call when a node is chosen (`select`) or pointed at (`point`) */
  constructor(graph, told) {
    this.graph = graph;
    this.told = told;
    this.body = make("div", { class: "body" });
    this.element = make("aside", { class: "panel", "aria-label": "Details" }, this.body);
  }

  show(...content) {
    this.body.replaceChildren(...content.flat(Infinity).filter(Boolean));
    this.body.scrollTop = 0;
  }

  // -- parts -------------------------------------------------------------------------------------

  heading(phase, words, i) {
    return make(
      "header",
      {},
      make("p", { class: `phase ${phase}` }, words),
      i === undefined ? null : this.title(i),
    );
  }

  title(i) {
    const node = this.graph.nodes[i];
    const name = node.name ?? this.graph.name(i);
    return [
      make(
        "h2",
        {},
        this.button(i),
        make("span", { class: "op", title: name }, this.graph.kind(i)),
      ),
      node.settings
        ? make("p", { class: "small settings" }, make("code", {}, node.settings))
        : null,
    ];
  }

  /** A node's name to click on; pointing at it shows where it is. */
  button(i) {
    return make(
      "button",
      {
        class: "node",
        type: "button",
        title: `${this.graph.nodes[i].name ?? this.graph.name(i)}: details`,
        onclick: () => this.told.select(i),
        onpointerenter: () => this.told.point(i),
        onpointerleave: () => this.told.point(null),
        onfocus: () => this.told.point(i),
        onblur: () => this.told.point(null),
      },
      formula(this.graph.symbol(i)),
    );
  }

  equation(...trees) {
    return make("p", { class: "equation" }, formula(row(...trees)));
  }

  /** "label: value". */
  fact(label, text) {
    return make("div", { class: "fact" }, make("dt", {}, label), make("dd", {}, numeral(text)));
  }

  operation(i) {
    const node = this.graph.nodes[i];
    if (node.formula === undefined) return null;
    return make("p", { class: "equation" }, this.graph.formula(node.formula, i));
  }

  operands(i) {
    const { nodes } = this.graph;
    const inputs = nodes[i].inputs ?? [];
    if (!inputs.length) return null;
    const rows = inputs.map((input, k) =>
      make(
        "tr",
        {},
        make(
          "th",
          { scope: "row" },
          input.node === undefined
            ? formula(this.graph.operand(input, k))
            : this.button(input.node),
        ),
        make(
          "td",
          {},
          value(input.node === undefined ? input.value : nodes[input.node].value, "span"),
        ),
        make(
          "td",
          { class: "shape" },
          input.node === undefined ? input.shape : nodes[input.node].shape,
        ),
      ),
    );
    return make(
      "table",
      { class: "operands" },
      make("caption", {}, "from"),
      make("tbody", {}, rows),
    );
  }

  value(i, label = "gives") {
    const node = this.graph.nodes[i];
    return make(
      "table",
      { class: "operands result" },
      make("caption", {}, label),
      make(
        "tbody",
        {},
        make(
          "tr",
          {},
          make("th", { scope: "row" }, formula(this.graph.symbol(i))),
          make("td", {}, value(node.value)),
          make("td", { class: "shape" }, node.shape),
        ),
      ),
    );
  }

  /** What was found wrong with a node: dead, saturated, … */
  marks(i) {
    return (this.graph.nodes[i].marks ?? []).map((mark) => make("p", { class: "note" }, mark));
  }

  place(i) {
    const source = this.graph.source(i);
    if (!source) return null;
    return make(
      "p",
      { class: "source" },
      make("span", {}, `${source.file}, line ${source.number}`),
      source.text === null ? null : make("code", {}, source.text.trim()),
    );
  }

  // -- the whole ---------------------------------------------------------------------------------

  whole(data) {
    const { graph } = this;
    const leaves = [...graph.backward]
      .filter(([i]) => graph.nodes[i].op === undefined)
      .slice(0, 12);
    return [
      make("header", {}, make("h1", {}, data.title), make("p", { class: "summary" }, data.summary)),
      graph.steps.length > 1
        ? make(
            "p",
            { class: "hint" },
            `${many(graph.counts.forward, "step")} forward, ${graph.counts.backward} backward: `,
            make("kbd", {}, "→"),
            " begins, ",
            make("kbd", {}, "space"),
            " plays. Click a box for its details.",
          )
        : make("p", { class: "hint" }, "Click a box for its details."),
      leaves.length ? this.gradients(leaves) : null,
      ...[...(data.remarks ?? []), ...graph.notes].map((note) =>
        make("p", { class: "note" }, note),
      ),
      this.keys(),
    ];
  }

  gradients(leaves) {
    const rows = leaves.map(([i, step]) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, this.button(i)),
        make("td", {}, value(this.graph.steps[step].blame, "span")),
        make("td", { class: "shape" }, this.graph.nodes[i].shape),
      ),
    );
    return make(
      "table",
      { class: "operands" },
      make("caption", {}, "what the backward pass finds"),
      make("tbody", {}, rows),
    );
  }

  keys() {
    const steps = [
      ["← →", "step back, step on"],
      ["space", "play, pause"],
      ["Home End", "the whole picture, the last step"],
    ];
    const keys = [
      ...(this.graph.steps.length > 1 ? steps : []),
      ["/", "search"],
      ["f", "fold and unfold modules"],
      ["+ − 0", "zoom in, out, fit"],
      ["Esc", "back"],
    ];
    return make(
      "details",
      { class: "keys" },
      make("summary", {}, "Keys"),
      make(
        "dl",
        {},
        keys.map(([key, words]) => make("div", {}, make("dt", {}, key), make("dd", {}, words))),
      ),
    );
  }

  // -- steps -------------------------------------------------------------------------------------

  forward(i, position) {
    return [
      this.heading("forward", position, i),
      this.operation(i),
      this.operands(i),
      this.value(i),
      this.marks(i),
      this.place(i),
    ];
  }

  backward(step, position) {
    const { graph } = this;
    const node = graph.nodes[step.node];
    return [
      this.heading("backward", position, step.node),
      this.operation(step.node),
      this.arrived(step),
      step.hands?.length ? step.hands.map((hand) => this.hand(step, hand)) : null,
      node.op === undefined ? this.kept(step) : null,
      this.check(step),
      node.convention && node.op !== undefined
        ? make("p", { class: "note" }, node.convention)
        : null,
      this.marks(step.node),
      this.place(step.node),
    ];
  }

  /** The blame, and where paths meet its parts. */
  arrived(step) {
    const { graph } = this;
    const blame = partial(graph.result, graph.symbol(step.node));
    const parts = step.parts.length > 1 ? step.parts : [];
    return make(
      "section",
      { class: "arrived" },
      make("h3", {}, "blame that arrives"),
      make("p", { class: "equation gives big" }, formula(row(blame, sign("="))), value(step.blame)),
      parts.length
        ? make(
            "table",
            { class: "operands parts" },
            make("caption", {}, `${parts.length} paths meet here; their parts add up`),
            make(
              "tbody",
              {},
              parts.map((part) => this.part(part)),
            ),
          )
        : null,
    );
  }

  part(part) {
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, part.from === undefined ? "the seed" : this.button(part.from)),
      make("td", {}, value(part.blame, "span")),
      make("td", { class: "shape" }, part.from === undefined ? "" : `operand ${part.operand + 1}`),
    );
  }

  /** What one operand is handed. */
  hand(step, hand) {
    const { graph } = this;
    const all = graph.backward.has(hand.to)
      ? graph.steps[graph.backward.get(hand.to)].parts.length
      : 1;
    return make(
      "section",
      { class: "hand" },
      make("h3", {}, "to ", this.button(hand.to)),
      this.derivative(step, hand),
      this.product(step, hand),
      hand.summed
        ? make(
            "p",
            { class: "small" },
            `summed from shape ${hand.summed[0]} to ${hand.summed[1]}, over what was broadcast`,
          )
        : null,
      all > 1 ? this.soFar(hand, all) : null,
    );
  }

  derivative(step, hand) {
    const { graph } = this;
    const left = partial(graph.symbol(step.node), graph.symbol(hand.to));
    const slots = graph.slots(step.node);
    const parts = [left];
    if (hand.partial !== undefined) {
      parts.push(sign("="), filledTree(graph.formulas[hand.partial], slots));
    }
    const { local } = hand;
    const single = local?.kind === "number" && local.value;
    const shown =
      hand.partial !== undefined ? treeText(filledTree(graph.formulas[hand.partial], slots)) : "";
    if (single && shown !== numeral(local.value))
      parts.push(sign("="), ["mn", numeral(local.value)]);
    if (parts.length === 1 && local?.kind !== "jacobian") return null;
    const plain = /^[−\d.]+$/.test(shown); // the formula is the number
    const words = local && !single && !plain ? `${LOCAL[local.kind]} ${local.shape}` : "";
    return [
      parts.length > 1 ? this.equation(...parts) : null,
      words
        ? make(
            "p",
            { class: "small" },
            `${words}: `,
            local.value ? value(local.value, "span") : null,
          )
        : null,
    ];
  }

  product(step, hand) {
    const { graph } = this;
    const left = partial(graph.result, graph.symbol(hand.to));
    const parts = this.partsOf(hand.to) > 1 ? [["mtext", "hands "]] : [left, sign("=")];
    if (hand.factors) {
      parts.push(["mn", hand.factors[0]], sign("·"), ["mn", hand.factors[1]], sign("="));
    } else if (hand.rule !== undefined) {
      parts.push(filledTree(graph.formulas[hand.rule], graph.slots(step.node)), sign("="));
    } else if (hand.partial !== undefined) {
      const slots = graph.slots(step.node);
      parts.push(
        slots.blame,
        sign("⊙"),
        partial(graph.symbol(step.node), graph.symbol(hand.to)),
        sign("="),
      );
    }
    return make("p", { class: "equation gives" }, formula(row(...parts)), value(hand.blame));
  }

  partsOf(i) {
    const step = this.graph.backward.get(i);
    return step === undefined ? 1 : this.graph.steps[step].parts.length;
  }

  /** Which parts are there by now. */
  soFar(hand, all) {
    const { place = 1 } = hand;
    const words = `part ${place} of ${all}`;
    const rest = place === all ? "all are there" : `${all - place} to come`;
    return make(
      "p",
      { class: "small sofar" },
      make("meter", { min: 0, max: all, value: place, "aria-label": words }),
      `${words}, ${rest}; sum so far `,
      value(hand.total ?? hand.blame),
    );
  }

  kept(step) {
    const name = this.graph.nodes[step.node].name;
    const words = name ? `added to ${name}.grad` : "added to its grad";
    const held = step.held ? `, which held something before and is now ${numeral(step.held)}` : "";
    return make("p", { class: "small" }, `The blame is complete: it is ${words}${held}.`);
  }

  check(step) {
    const { check } = step;
    if (!check) return null;
    if (check.verdict === "none" || check.verdict === "large") {
      const why = check.why ?? "left out, as the graph is large";
      return make("p", { class: "check none" }, `Finite difference: ${why}.`);
    }
    const v = this.graph.name(step.node);
    const loss = this.graph.resultName;
    return make(
      "section",
      { class: `check ${check.verdict}` },
      make("h3", {}, VERDICTS[check.verdict]),
      make(
        "dl",
        {},
        this.fact(`(${loss}(${v} + ε) − ${loss}(${v} − ε)) / 2ε`, check.difference),
        this.fact("the engine", check.derivative),
      ),
      check.entry ? make("p", { class: "small" }, `at the largest entry, ${check.entry}`) : null,
    );
  }

  // -- a node ------------------------------------------------------------------------------------

  details(i, goto) {
    const { graph } = this;
    const node = graph.nodes[i];
    const step = graph.backward.get(i);
    const go = (words, target) =>
      target === undefined
        ? null
        : make("button", { type: "button", class: "go", onclick: () => goto(target) }, words);
    return [
      this.heading("detail", "Details", i),
      node.module ? make("p", { class: "small" }, `in ${node.module}`) : null,
      this.operation(i),
      this.operands(i),
      this.value(i, node.op === undefined ? "value" : "gives"),
      step === undefined ? null : this.arrived(graph.steps[step]),
      step === undefined ? null : this.check(graph.steps[step]),
      this.marks(i),
      this.place(i),
      make(
        "p",
        { class: "gos" },
        go("Its step forward", graph.forward.get(i)),
        go("Its step backward", step),
      ),
    ];
  }
}

const LOCAL = {
  entries: "one derivative an entry, shape",
  jacobian: "as a matrix (Jacobian), shape",
};
const VERDICTS = {
  agrees: "✓ a finite difference agrees",
  kink: "⚠ a finite difference disagrees: a kink or a jump is near",
  differs: "✗ a finite difference disagrees",
};
