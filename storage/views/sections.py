"""How the views tell a section's own text from boilerplate."""

from __future__ import annotations

NEW_LINE = "'\n'"
EMPTY_LINE = "'\n\n'"
"""SQL for what stands between two lines, and between two paragraphs."""


def section_text(section: str) -> str:
    """SQL for the paragraphs of a section (its table's alias), an empty line between them."""
    return f"""coalesce((
           SELECT group_concat(t.text, {EMPTY_LINE}) FROM (
               SELECT p.text AS text FROM section_paragraph sp JOIN passage p ON p.id = sp.passage_id
               WHERE sp.revision_id = {section}.revision_id AND sp.section_position = {section}.position
               ORDER BY sp.position) t), '')"""


def own_section(section: str) -> str:
    """SQL for whether a section is more than a heading over boilerplate."""
    return f"""(EXISTS (SELECT 1 FROM section_paragraph sp
               WHERE sp.revision_id = {section}.revision_id AND sp.section_position = {section}.position)
       OR NOT EXISTS (SELECT 1 FROM revision_boilerplate rb
                      JOIN boilerplate_passage b ON b.id = rb.boilerplate_id
                      WHERE rb.revision_id = {section}.revision_id
                        AND rb.section_position = {section}.position AND b.heading = {section}.heading))"""
