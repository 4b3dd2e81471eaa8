"use strict";
// Folding in the picture: a module's boxes give way to a cover of the same size.

/** The clusters of a picture, and which of them are folded. */
class Folds {
  constructor(stage) {
    this.stage = stage;
    this.folded = new Set();
    this.clusters = new Map();
    for (const cluster of stage.svg.querySelectorAll(".ag-cluster"))
      this.clusters.set(cluster.id, cluster);
    for (const title of stage.svg.querySelectorAll(".ag-cluster-title")) this.adorn(title);
  }

  /** A title is a button that folds. */
  adorn(title) {
    title.setAttribute("role", "button");
    title.prepend(draw("title", {}, "Fold this module"));
  }

  /** The outermost folded cluster around a box, as the id of its cover; or the box itself. */
  seen(id) {
    const box = this.stage.boxes.get(id);
    let shown = id;
    for (let at = box?.dataset.cluster; at; at = this.clusters.get(at)?.dataset.parent) {
      if (this.folded.has(at)) shown = `cover-${at}`;
    }
    return shown;
  }

  toggle(id) {
    if (this.folded.has(id)) this.folded.delete(id);
    else this.folded.add(id);
    this.show();
  }

  /** Fold all of the innermost, or unfold all. */
  toggleAll() {
    if (this.folded.size) this.folded.clear();
    else {
      const parents = new Set([...this.clusters.values()].map((cluster) => cluster.dataset.parent));
      for (const id of this.clusters.keys()) if (!parents.has(id)) this.folded.add(id);
    }
    this.show();
  }

  show() {
    const { boxes, edges, svg } = this.stage;
    for (const cover of svg.querySelectorAll(".cover")) {
      boxes.delete(cover.id);
      cover.remove();
    }
    for (const [id, cluster] of this.clusters) {
      const hidden = this.inFolded(cluster.dataset.parent);
      cluster.classList.toggle("folded-away", hidden);
      if (this.folded.has(id) && !hidden) this.cover(id, cluster);
    }
    for (const title of svg.querySelectorAll(".ag-cluster-title")) {
      title.classList.toggle("folded-away", this.inFolded(title.dataset.cluster));
    }
    for (const [id, box] of boxes) box.classList.toggle("folded-away", this.seen(id) !== id);
    for (const edge of edges.values()) {
      const [tail, head] = [this.seen(edge.dataset.tail), this.seen(edge.dataset.head)];
      edge.classList.toggle("folded-away", tail === head && tail !== edge.dataset.tail);
    }
  }

  inFolded(id) {
    for (let at = id; at; at = this.clusters.get(at)?.dataset.parent)
      if (this.folded.has(at)) return true;
    return false;
  }

  /** A box in the place of a cluster, above the ends of the lines that lead into it. */
  cover(id, cluster) {
    const frame = cluster.querySelector(".ag-cluster-frame");
    const place = Object.fromEntries(
      ["x", "y", "width", "height"].map((name) => [name, Number(frame.getAttribute(name))]),
    );
    const count = (cluster.dataset.holds ?? "").split(" ").length;
    const words = cluster.querySelector("title")?.textContent ?? "";
    const middle = place.x + place.width / 2;
    const cover = draw(
      "g",
      { class: "ag-box ag-module cover", id: `cover-${id}`, role: "button", "data-unfolds": id },
      draw("title", {}, `${words}\nUnfold this module`),
      draw("rect", { ...place, rx: 8, class: "ag-frame" }),
      draw(
        "text",
        {
          x: middle,
          y: place.y + place.height / 2 - 2,
          "text-anchor": "middle",
          class: "ag-title",
        },
        words,
      ),
      draw(
        "text",
        {
          x: middle,
          y: place.y + place.height / 2 + 15,
          "text-anchor": "middle",
          class: "ag-label",
        },
        `${count} inside`,
      ),
    );
    this.stage.svg.querySelector(".ag-boxes").append(cover);
    this.stage.boxes.set(cover.id, cover);
  }
}
