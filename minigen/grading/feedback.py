"""What a student gets back: one page of Markdown and one of HTML.

Everything that a submission can have put into a text is shown as text: see visible.py; here it is also quoted.
"""

from html import escape
from itertools import groupby

from minigen.grading.gradebook import Entry, explained
from minigen.grading.scoring import Record, Scored
from minigen.grading.visible import line, visible
from minigen.grading.walls import UNSANDBOXED

STATUS = {
    "ok": "Everything is right.",
    "partial": "",
    "syntax_error": "Python cannot read the file, so nothing could be tested.",
    "timeout": "Some of the code did not finish in time; the other tests were run.",
    "memory": "Some of the code needed more memory than there is; the other tests were run.",
    "crashed": "Some of the code ended Python; what could be tested was tested.",
    "protocol_error": "The code disturbed the connection to the grader.",
    "rejected_upload": "The upload could not be used.",
    "missing": "Nothing was handed in.",
    "grader_error": "The grader failed, which is not your fault: a person will look at it.",
}


DECIDED = "A person decided on these points; the tests gave {}."
REMARK = "A person's remark:"


def markdown(entry: Entry, title: str) -> str:
    """The feedback as Markdown; what the submission can have put into it is indented code, which nothing interprets."""
    record = entry.record
    name = line(entry.name).replace("`", "'")  # in a span of code nothing else acts
    who = f"`{record.id}`" + (f" (`{name}`)" if name else "")
    parts = [f"# {title}", f"{who}: **{entry.points:g} of {record.points} points**", *_said_by_a_person(entry)]
    parts += [_indented(entry.note)] if entry.note else []
    if STATUS[record.status]:
        parts.append(STATUS[record.status])
    parts += [_indented(record.message)] if record.message else []
    for heading, tests in _by_task(record):
        parts.append(f"## {heading}")
        for test in tests:
            parts.append(f"{'✓' if test.earned else '✗'} {test.earned}/{test.points} {line(test.title)}")
            parts += [_indented("\n".join(explained(test)))] if explained(test) else []
    if record.printed:
        parts += ["## What your code printed", _indented(record.printed)]
    parts.append(_stamp(record))
    return "\n\n".join(parts) + "\n"


def html(entry: Entry, title: str) -> str:
    """The feedback as one page without scripts, links or pictures."""
    record = entry.record
    who = record.id + (f" ({line(entry.name)})" if entry.name else "")
    body = [f"<h1>{_html(title)}</h1>", f"<p class=who>{_html(who)}</p>"]
    share = min(max(100 * entry.points / max(record.points, 1), 0), 100)
    body.append(f"<p class=points><b>{entry.points:g}</b> of {record.points} points</p>"
                f'<div class=bar><div style="width:{share:.0f}%"></div></div>')  # fmt: skip
    body += [f"<p>{_html(text)}</p>" for text in _said_by_a_person(entry)]
    body += [f"<pre>{_html(entry.note)}</pre>"] if entry.note else []
    if STATUS[record.status]:
        body.append(f"<p>{STATUS[record.status]}</p>")
    body += [f"<pre>{_html(record.message)}</pre>"] if record.message else []
    for heading, tests in _by_task(record):
        body.append(f"<h2>{_html(heading)}</h2><ul>")
        body += [_item(test) for test in tests]
        body.append("</ul>")
    if record.printed:
        body.append(f"<h2>What your code printed</h2><pre>{_html(record.printed)}</pre>")
    body.append(f"<p class=stamp>{_html(_stamp(record))}</p>")
    return _PAGE.format(title=_html(title), style=_STYLE, body="\n".join(body))


def _said_by_a_person(entry: Entry) -> list[str]:
    """The words before a note."""
    if entry.override is not None:
        return [DECIDED.format(entry.record.earned)]
    return [REMARK] if entry.note else []


def _by_task(record: Record) -> list[tuple[str, list[Scored]]]:
    """The tests in groups, each with its heading."""
    groups = [(*key, list(tests)) for key, tests in groupby(record.tests, key=lambda test: (test.task, test.hidden))]
    return [(_heading(task or "further tests", hidden, tests), tests) for task, hidden, tests in groups]


def _heading(task: str, hidden: bool, tests: list[Scored]) -> str:
    earned, points = sum(t.earned for t in tests), sum(t.points for t in tests)
    return f"{line(task)}{', hidden tests' if hidden else ''}: {earned} of {points}"


def _item(test: Scored) -> str:
    mark = "right" if test.earned else "todo" if test.outcome == "todo" else "wrong"
    parts = [f"<li class={mark}>{test.earned}/{test.points} {_html(line(test.title))}"]
    lines = explained(test)
    if test.outcome != "failed":  # what is said then is our own, and short
        return parts[0] + (f" <span class=note>{_html(' '.join(lines))}</span></li>" if lines else "</li>")
    hint = f"hint: {test.hint}"
    lines = [text for text in lines if text != hint]
    parts += [f"<pre>{_html(chr(10).join(lines))}</pre>"] if lines else []
    parts += [f"<p class=hint>{_html(test.hint)}</p>"] if test.hint else []
    return "".join(parts) + "</li>"


def _stamp(record: Record) -> str:
    if record.stamp == UNSANDBOXED:
        return "Graded UNSANDBOXED: nothing kept this code from changing its own result."
    return f"Graded behind: {record.stamp}."


def _html(text: str) -> str:
    return escape(visible(text, 4000), quote=True)


def _indented(text: str) -> str:
    return "\n".join("    " + row for row in visible(text, 4000).split("\n"))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head><body>
{body}
</body></html>
"""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --right: #1a7f37; --wrong: #c62828; --hint: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --right: #4ac26b; --wrong: #ff7b72; --hint: #e3b341; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
       overflow-wrap: anywhere }
h1 { font-size: 1.4rem; margin-bottom: 0 } h2 { font: 600 1rem ui-monospace, monospace; margin: 1.6rem 0 .3rem }
.who, .stamp, .note { opacity: .7 } .who { margin-top: 0 } .note::before { content: "— " }
.stamp { margin-top: 2rem; font-size: .85rem }
.points { font-size: 1.2rem; margin: .8rem 0 .3rem }
.bar { height: .5rem; margin-bottom: 1rem; background: var(--line); border-radius: 4px; overflow: hidden }
.bar div { height: 100%; background: var(--right) }
ul { list-style: none; padding: 0; margin: 0 } li { padding: .3rem 0 .3rem 1.6rem; position: relative }
li::before { position: absolute; left: .2rem; font-weight: 700 }
.right::before { content: "✓"; color: var(--right) } .wrong::before { content: "✗"; color: var(--wrong) }
.todo::before { content: "·" } .hint { color: var(--hint); margin: .2rem 0 }
.hint::before { content: "Hint: "; font-weight: 600 }
pre { background: #8881; padding: .5rem .7rem; border-radius: 4px; margin: .3rem 0; white-space: pre-wrap;
      font-size: .88rem; max-height: 20rem; overflow: auto }
@media print { pre { max-height: none } }
"""
