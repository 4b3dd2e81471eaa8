"""What the commands of LaTeX stand for: letters, operators, fences, spaces, accents."""

from __future__ import annotations

_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι "
    "kappa κ lambda λ mu μ nu ν xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ "
    "upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π "
    "Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω partial ∂ nabla ∇ infty ∞ ell ℓ emptyset ∅ hbar ℏ "
    "imath ı jmath ȷ Re ℜ Im ℑ aleph ℵ top ⊤ bot ⊥ forall ∀ exists ∃ prime ′"
)

_RELATIONS = (
    "le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ approx ≈ equiv ≡ sim ∼ simeq ≃ cong ≅ propto ∝ in ∈ "
    "notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ ll ≪ gg ≫ mid ∣ parallel ∥ perp ⊥ to → mapsto ↦ "
    "rightarrow → leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ "
    "Leftrightarrow ⇔ iff ⇔ implies ⇒ longrightarrow ⟶ longmapsto ⟼ uparrow ↑ downarrow ↓ "
    "colon : lt < gt > triangleq ≜ coloneqq ≔"
)

_BINARY = (
    "cdot ⋅ times × div ÷ pm ± mp ∓ ast ∗ star ⋆ circ ∘ bullet ∙ odot ⊙ otimes ⊗ oplus ⊕ "
    "ominus ⊖ wedge ∧ land ∧ vee ∨ lor ∨ cap ∩ cup ∪ setminus ∖"
)

_ORDINARY = (
    "lnot ¬ neg ¬ ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ dotsb ⋯ dotsc … # # % % & & $ $ _ _ "
    "backslash \\ degree ° checkmark ✓ dagger † S §"
)

_LARGE = "sum ∑ prod ∏ bigcup ⋃ bigcap ⋂ bigvee ⋁ bigwedge ⋀ bigoplus ⨁ bigotimes ⨂ bigodot ⨀"

_FENCES = (
    "{ { } } langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lvert | rvert | vert | | ‖ "
    "lVert ‖ rVert ‖ Vert ‖ lbrace { rbrace } lbrack [ rbrack ]"
)

_ACCENTS = (
    "hat ^ widehat ^ bar ¯ overline ¯ tilde ~ widetilde ~ vec → dot ˙ ddot ¨ check ˇ breve ˘ "
    "acute ´ grave ` overrightarrow → overleftarrow ←"
)


def _table(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


#: Letters and signs that are identifiers.
LETTERS = _table(_GREEK)
RELATIONS = _table(_RELATIONS)
BINARY = _table(_BINARY)
ORDINARY = _table(_ORDINARY)
#: Operators that are larger in a display, with limits above and below.
LARGE = _table(_LARGE)
FENCES = _table(_FENCES)
ACCENTS = _table(_ACCENTS)
#: Accents that grow with what is below them.
WIDE = frozenset(("widehat", "overline", "widetilde", "overrightarrow", "overleftarrow"))

#: Names of functions, upright.
FUNCTIONS = frozenset(
    ("ln", "log", "exp", "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan",
     "sinh", "cosh", "tanh", "coth", "arg", "deg", "det", "dim", "hom", "ker", "Pr")
)  # fmt: skip
#: The same, with their limits below in a display.
LIMITS = {"max": "max", "min": "min", "sup": "sup", "inf": "inf", "lim": "lim",
          "argmax": "arg max", "argmin": "arg min", "limsup": "lim sup",
          "liminf": "lim inf"}  # fmt: skip

#: In em.
SPACES = {",": 0.167, ":": 0.222, ">": 0.222, ";": 0.278, "!": -0.167, " ": 0.25, "quad": 1.0,
          "qquad": 2.0, "enspace": 0.5, "thinspace": 0.167}  # fmt: skip

#: Commands of which nothing is seen.
SILENT = frozenset(
    ("displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "nonumber", "notag")
)

#: The characters of text behind a backslash, or a command of words.
TEXT = {"backslash": "\\", "wedge": "^", "sim": "~", "approx": "≈", "times": "×",
        "textbackslash": "\\",
        "textasciitilde": "~", "textasciicircum": "^", "textbar": "|",
        "textless": "<", "textgreater": ">", "ldots": "…", "dots": "…", "S": "§",
        "textunderscore": "_", "textquotesingle": "'", "textquotedbl": '"',
        "textasciigrave": "`", "textdollar": "$", "textbraceleft": "{",
        "textbraceright": "}"}  # fmt: skip

#: The fences around a matrix.
MATRICES = {"matrix": ("", ""), "pmatrix": ("(", ")"), "bmatrix": ("[", "]"),
            "Bmatrix": ("{", "}"), "vmatrix": ("|", "|"), "Vmatrix": ("‖", "‖"),
            "smallmatrix": ("", ""), "array": ("", ""), "gathered": ("", ""),
            "gather*": ("", ""), "cases": ("{", "")}  # fmt: skip
#: Columns in turn to the right and to the left.
ALIGNED = frozenset(("aligned", "align", "align*", "split", "alignedat"))

#: The first letters of the alphabets of Unicode: capital A, small a.
ALPHABETS = {"mathbf": (0x1D400, 0x1D41A), "boldsymbol": (0x1D400, 0x1D41A),
             "bm": (0x1D400, 0x1D41A), "mathbb": (0x1D538, 0x1D552),
             "mathcal": (0x1D49C, 0x1D4B6), "mathscr": (0x1D49C, 0x1D4B6),
             "mathfrak": (0x1D504, 0x1D51E), "mathsf": (0x1D5A0, 0x1D5BA),
             "mathtt": (0x1D670, 0x1D68A)}  # fmt: skip
_ODD = {0x1D53A: "ℂ", 0x1D53F: "ℍ", 0x1D545: "ℕ", 0x1D547: "ℙ", 0x1D548: "ℚ", 0x1D549: "ℝ",
        0x1D551: "ℤ", 0x1D49D: "ℬ", 0x1D4A0: "ℰ", 0x1D4A1: "ℱ", 0x1D4A3: "ℋ", 0x1D4A4: "ℐ",
        0x1D4A7: "ℒ", 0x1D4A8: "ℳ", 0x1D4AD: "ℛ", 0x1D4BA: "ℯ", 0x1D4BC: "ℊ", 0x1D4C4: "ℴ",
        0x1D506: "ℭ", 0x1D50B: "ℌ", 0x1D50C: "ℑ", 0x1D515: "ℜ", 0x1D51D: "ℨ"}  # fmt: skip


def lettered(text: str, alphabet: str) -> str:
    """`text` in the letters of an alphabet such as ``mathbb``."""
    capital, small = ALPHABETS[alphabet]
    shown = []
    for c in text:
        if "A" <= c <= "Z":
            code = capital + ord(c) - ord("A")
        elif "a" <= c <= "z":
            code = small + ord(c) - ord("a")
        elif "0" <= c <= "9" and capital == 0x1D400:
            code = 0x1D7CE + ord(c) - ord("0")
        else:
            code = ord(c)
        shown.append(_ODD.get(code, chr(code)))
    return "".join(shown)
