package restructured

import (
	"testing"

	"multivac/internal/extract/extracttest"
)

func TestRestructured(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantSentences(t, Format, in, want...) }
	f("=====\nPumps\n=====\n\n.. note:: Mind it.\n   And this.\n\n.. warning::\n\n   Hot.\n\nAfter.", "Pumps: Mind it.", "Pumps: And this.", "Pumps › Warning: Hot.", "Pumps: After.")
	f("Run this::\n\n  pump start\n  pump stop\n\nThen wait.", "Run this:", "pump start", "pump stop", "Then wait.")
	f(".. code-block:: sh\n   :linenos:\n\n   pump :ref:`x`\n\n.. admonition:: Data loss\n\n   No way back.\n\nAfter.", "pump :ref:`x`", "Data loss: No way back.", "After.")
	f(".. _target:\n\n.. a comment\n   goes on\n\n.. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\n.. image:: x.png\n   :alt: no\n\nText.\n\n.. [1] A note.", "Text.", "A note.")
	f("See :ref:`the pump <pump>`, :py:func:`~a.b`, :doc:`intro`, `site <http://x>`_ and ``c <d>``.", "See the pump, `a.b`, intro, site and ``c <d>``.")
	f(".. tabs::\n\n   .. tab:: Windows\n\n      Use the MSI.\n\n   .. tab:: Debian\n\n      Use apt.\n\nDone.", "Windows: Use the MSI.", "Debian: Use apt.", "Done.")
	f("+------+-------+\n| Plan | Seats |\n+======+=======+\n| Team | 40    |\n| two  |       |\n+------+-------+\n\nAfter.", "Team two | 40", "After.")
	f("=====  =====\nPlan   Seats\n=====  =====\nBasic  5\nTeam   40\n       more\n=====  =====\n\nAfter.", "Basic | 5", "Team | 40 more", "After.")
	f(".. deprecated:: 2.1 Use the other.\n\nText.", "Deprecated since version 2.1: Use the other.", "Text.")
	if in := "Title\n-----\n\nText `x` and ``y``.\n\n    code\n"; extracttest.Read(t, Format, in).Text != in {
		t.Errorf("%q was changed", in)
	}
}

func FuzzRestructured(f *testing.F) {
	f.Add(".. note:: a\n   b::\n\n    c\n+--+\n|d |\n+==+\n")
	f.Add("==  ==\na   b\n==  ==\n:ref:`c <d>` `e <f>`_\n.. [1] g\n")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, Format, in) })
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{"A line.\n\n", ".. note:: text\n\n", "+---+---+\n| a | b |\n+---+---+\n\n"} {
		extracttest.Bounded(t, Format, unit)
	}
}
