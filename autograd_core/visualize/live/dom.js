"use strict";
// Elements. Text is only ever set as text, and formulas are built from trees: there is no markup
// in any string that comes from the user.

const MATHML = "http://www.w3.org/1998/Math/MathML";
const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: make("p", {class: "note"}, "text", child, …). */
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined),
  );
  return element;
}

/** The elements of MathML that a tree may have, and their attributes. */
const MATH_TAGS = new Set(
  (
    "mi mn mo mtext mrow mfrac msqrt mroot msup msub msubsup mover munder munderover mspace " +
    "mtable mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts"
  ).split(" "),
);
const MATH_ATTRIBUTES = new Set(
  (
    "form stretchy fence separator largeop movablelimits accent accentunder mathvariant width " +
    "height depth lspace rspace linethickness displaystyle scriptlevel columnalign minsize " +
    "maxsize symmetric"
  ).split(" "),
);

/** Places in formulas, as `formulas.py` numbers them. */
const OUTPUT = 0x10600;
const BLAME = 0x10755;

/** A formula as an element. */
function formula(tree) {
  const root = document.createElementNS(MATHML, "math");
  root.append(mathElement(tree));
  return root;
}

function mathElement([tag, ...rest]) {
  const element = document.createElementNS(MATHML, MATH_TAGS.has(tag) ? tag : "mrow");
  for (const part of rest) {
    if (typeof part === "string") element.append(part);
    else if (Array.isArray(part)) element.append(mathElement(part));
    else {
      for (const [name, value] of Object.entries(part)) {
        if (MATH_ATTRIBUTES.has(name)) element.setAttribute(name, value);
      }
    }
  }
  return element;
}

/** Trees of the usual parts. */
const sign = (text) => ["mo", text];
const row = (...parts) => ["mrow", ...parts];
const partial = (above, below) => ["mfrac", row(sign("∂"), above), row(sign("∂"), below)];

/** A number or array as it is read in a formula: with a true minus sign. */
function numeral(text) {
  return text.replace(/(^|[\s[(,])-(?=[\d.i])/g, "$1−");
}

/** A value without the norm at its end, and the norm. */
function parted(text) {
  const at = text.indexOf("  ‖·‖ ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 2)];
}

/** The short form of a value: itself, or its norm. */
function brief(text) {
  const [whole, norm] = parted(text);
  if (whole.length <= 24) return numeral(whole);
  return numeral(norm || `${whole.slice(0, 23)}…`);
}

/** A value as an element: the numbers of a large one each with its word. */
function value(text, tag = "b") {
  const parts = numeral(text).split("  ");
  return make(
    tag,
    { class: "number" },
    parts.map((part) => {
      const [, word, number] = /^(min|mean|max|‖·‖) (.*)$/.exec(part) ?? [];
      return number === undefined
        ? make("span", {}, part)
        : make("span", {}, make("i", {}, word), `\u00a0${number.replaceAll(" ", "\u00a0")}`);
    }),
  );
}

/** "1 part", "2 parts". */
function many(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
