"use strict";
// The lines of code that recorded the graph.

/** The lines of code, in a list that points at the picture and is pointed at. */
class Listing {
  constructor(graph, told) {
    this.lines = new Map();
    const files = graph.code.map((file, number) =>
      !file.lines.some((line) => line && line[1] !== null)
        ? null
        : make(
            "figure",
            {},
            make("figcaption", {}, file.name),
            make(
              "ol",
              {},
              file.lines.map((line) => this.line(graph, number, line, told)),
            ),
          ),
    );
    this.element = files.some(Boolean)
      ? make("section", { class: "code", "aria-label": "Code" }, files)
      : null;
  }

  line(graph, file, line, told) {
    if (line === null) return make("li", { class: "gap" }, "⋯");
    const [number, text] = line;
    const nodes = graph.byLine.get(`${file}:${number}`) ?? [];
    const content = [
      make("span", { class: "gutter" }, String(number)),
      make("code", {}, text ?? ""),
    ];
    const item = make("li", { class: nodes.length ? "recorded" : "" });
    if (nodes.length) {
      const point = () => told.pointAll(nodes);
      const away = () => told.pointAll([]);
      item.append(
        make(
          "button",
          {
            type: "button",
            title: `${many(nodes.length, "node")} recorded here`,
            onpointerenter: point,
            onfocus: point,
            onpointerleave: away,
            onblur: away,
            onclick: () => told.select(nodes[nodes.length - 1]),
          },
          content,
        ),
      );
    } else item.append(...content);
    this.lines.set(`${file}:${number}`, item);
    return item;
  }

  /** Mark the line of a node; `now` that of the step. */
  mark(node, kind) {
    for (const item of this.lines.values()) item.classList.remove(kind);
    const item = node?.line && this.lines.get(node.line.join(":"));
    if (!item) return;
    item.classList.add(kind);
    if (kind !== "now" || !this.element.clientHeight) return;
    const { offsetTop } = item;
    const { scrollTop, clientHeight } = this.element;
    if (offsetTop < scrollTop + 20 || offsetTop > scrollTop + clientHeight - 40) {
      this.element.scrollTop = offsetTop - clientHeight / 2;
    }
  }
}
