"use strict";
// Search: the list under the field, and what it is looked for in.

/** Find nodes by name, operation, line or module. */
class Search {
  constructor(live) {
    this.live = live;
    this.found = [];
    this.input = make("input", {
      type: "search",
      placeholder: "Search  /",
      "aria-label": "Search by name, operation or line",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.look(),
      onfocus: () => this.look(),
    });
    this.list = make("ul", { class: "found", role: "list", hidden: true });
    this.element = make("div", { class: "search", role: "search" }, this.input, this.list);
  }

  /** What each thing is found by: its text in small letters, and how it is shown. */
  get things() {
    if (this.known) return this.known;
    const { graph, stage } = this.live;
    this.known = graph.nodes.map((node, i) => {
      const source = graph.source(i);
      const line = source ? `line ${source.number} ${source.text ?? ""}` : "";
      const text = [
        graph.name(i),
        node.name,
        graph.kind(i),
        node.title,
        node.module,
        node.id,
        line,
      ].join(" ");
      return {
        text: text.toLowerCase(),
        name: graph.name(i),
        words: `${graph.kind(i)} ${node.shape}`,
        node: i,
        box: node.id,
      };
    });
    for (const [id, box] of stage.boxes) {
      const title = box.querySelector(":scope > title")?.textContent;
      if (title && !graph.byId.has(id) && !box.classList.contains("cover")) {
        this.known.push({
          text: title.toLowerCase(),
          name: title.split("\n")[0],
          words: "",
          node: null,
          box: id,
        });
      }
    }
    return this.known;
  }

  look() {
    const wanted = this.input.value.trim().toLowerCase();
    this.found = wanted
      ? this.things.filter((thing) =>
          wanted.split(/\s+/).every((word) => thing.text.includes(word)),
        )
      : [];
    this.live.outline(
      "found",
      this.found.map((thing) => thing.box),
    );
    const shown = this.found.slice(0, 30);
    this.list.hidden = !wanted;
    this.list.replaceChildren(
      ...shown.map((thing) =>
        make(
          "li",
          {},
          make(
            "button",
            { type: "button", onclick: () => this.take(thing) },
            make("b", {}, thing.name),
            ` ${thing.words}`,
          ),
        ),
      ),
      make(
        "li",
        { class: "count" },
        this.found.length ? `${this.found.length.toLocaleString("en")} found` : "Nothing found",
      ),
    );
    this.next = 0;
  }

  take(thing) {
    this.list.hidden = true;
    if (thing.node !== null) this.live.select(thing.node);
    else {
      this.live.clicked(thing.box);
      this.live.stage.reveal([thing.box]);
    }
  }

  pressed(event) {
    if (event.key === "Enter" && this.found.length) {
      this.take(this.found[this.next % this.found.length]);
      this.next += 1;
      this.list.hidden = true;
    } else if (event.key === "Escape") {
      this.live.escape();
      this.live.stage.frame.focus({ preventScroll: true });
    }
    event.stopPropagation();
  }

  close() {
    this.input.value = "";
    this.found = [];
    this.list.hidden = true;
  }
}
