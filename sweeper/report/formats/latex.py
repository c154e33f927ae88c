r"""The tables as LaTeX, to be \input into a paper.

A character that pdflatex with T1 fonts cannot print stands as its number, such as U+4E2D in typewriter type.
"""

import re
import unicodedata

from ...text import NONE, one_line
from ..document import Cell, Document, Table

PREAMBLE = (
    r"\usepackage[T1]{fontenc}",
    r"\usepackage[utf8]{inputenc}",
    r"\usepackage{array,booktabs,graphicx}",
)
"""What a document needs that takes in the tables."""

WIDE = 30
"""Characters of a text from which on its column breaks lines."""

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip

_ESCAPES = {
    **{sign: f"\\{sign}" for sign in "{}$&#%_"},
    # In braces, as they would be an option of the \\ before them.
    **{sign: f"{{{sign}}}" for sign in "[]*"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "−": "$-$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    **{sign: f"$\\{name}$" for sign, name in _GREEK.items()},
}

_PRINTED = {
    *(chr(code) for code in (*range(0x20, 0x7F), *range(0xA1, 0x180))),
    *"–—‘’‚“”„†‡•…‰€™",
} - set("ĦħĸĿŀŉŦŧſ")

_LIGATURES = "-',"
"""Signs that T1 fonts join to another one where two follow each other."""


def as_latex(document: Document) -> str:
    r"""One ``table`` environment for each table, labelled ``tab:<key>``, under a comment on what it needs.

    Numbers stand to the right, the best is bold, a tie has a dagger, and a comment at the end of a row names
    its trials. Columns of text that may be left out are, and named: a page of a paper is narrow. What is
    too wide even so is made smaller.
    """
    comments = (
        f"Tables of {document.study}. The preamble needs:",
        *PREAMBLE,
        "A character that these fonts lack stands as its number, such as U+4E2D.",
        *(f"Warning: {warning}" for warning in document.warnings),
        *document.summary,
        document.notice,
        document.formula,
    )
    head = "".join(f"% {one_line(text)}\n" for text in comments if text)
    return "\n".join([head, *(table_text(table) for table in document.tables)])


def table_text(table: Table) -> str:
    """One table as a float: caption, label, rows, and the notes in small print."""
    # A column of text that may be left out is too long for a page; intervals are what a paper prints.
    columns = table.columns
    places = [n for n, one in enumerate(columns) if one.numeric or one.kept or not one.optional]
    left_out = [one.heading for place, one in enumerate(columns) if place not in places]
    gone = "; ".join(one_line(heading) for heading in left_out if heading != "trials")
    lines = [
        *([f"% Columns that the other files have: {gone}"] if gone else []),
        r"\begin{table}[htbp]",
        r"\centering\small",
        f"\\caption{{{escape(table.title)}}}",
        f"\\label{{tab:{re.sub(r'[^A-Za-z0-9_.]+', '-', table.key)}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        f"\\begin{{tabular}}{{{''.join(_alignment(table, place) for place in places)}}}",
        r"\toprule",
        " & ".join(escape(table.columns[place].heading) for place in places) + r" \\",
        r"\midrule",
    ]
    inside = False
    for row in table.rows:
        begins = bool(row[0].text)
        lines += [r"\addlinespace"] if begins and inside else []
        lines.append(_row(table, row, places))
        inside = not begins
    lines += [r"\bottomrule", r"\end{tabular}}"]
    if table.notes:
        lines += [
            r"\par\smallskip",
            r"\begin{minipage}{\linewidth}\footnotesize\raggedright",
            *(f"{escape(note)}\\par" for note in table.notes),
            r"\end{minipage}",
        ]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def escape(text: str) -> str:
    """Text that LaTeX prints as it is, in one line."""
    written = []
    last = ""
    for sign in unicodedata.normalize("NFC", one_line(text)):
        if sign in _ESCAPES:
            written.append(_ESCAPES[sign])
        elif sign not in _PRINTED:
            written.append(f"\\texttt{{U+{ord(sign):04X}}}")
        else:
            written.append(f"{{}}{sign}" if sign == last and sign in _LIGATURES else sign)
        last = sign
    return "".join(written)


def _alignment(table: Table, place: int) -> str:
    if table.columns[place].numeric:
        return "r"
    longest = max((len(row[place].text) for row in table.rows), default=0)
    return "l" if longest < WIDE else r">{\raggedright\arraybackslash}p{.3\linewidth}"


def _row(table: Table, row: tuple[Cell, ...], places: list[int]) -> str:
    cells = " & ".join(cell_text(row[place], table.columns[place].numeric) for place in places)
    trials = sorted({int(number) for cell in row for number in cell.trials})
    named = f" % trial{'s' if len(trials) > 1 else ''} {', '.join(map(str, trials))}" if trials else ""
    return f"{cells} \\\\{named}"


def cell_text(cell: Cell, numeric: bool) -> str:
    """A cell: the best bold, a tie with its mark."""
    # A hyphen before a number is a minus sign.
    text = escape(re.sub(r"(?<![^\s\[(])-(?=[.\d])", "−", cell.text) if numeric else cell.text)
    if cell.bold and cell.text not in ("", NONE):
        text = f"\\textbf{{{text}}}"
    # The mark takes no room, so that the digits of a column stay under each other.
    return f"{text}\\rlap{{\\textsuperscript{{\\textdagger}}}}" if cell.tie else text
