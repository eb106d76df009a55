package kernels_test

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/kernels"
	"daxbench/reports/reportstest"
)

// say lists what a matrix comes to.
func say(m *kernels.Matrix) (out []string) {
	for _, s := range m.Sentences() {
		out = append(out, [...]string{"loss: ", "delay: ", "warning: ", "changed: ", "fine: ", "blank: "}[s.Tone]+s.Text)
	}
	return out
}

func holds(t *testing.T, m *kernels.Matrix, want ...string) {
	t.Helper()
	got := say(m)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSentences(t *testing.T) {
	holds(t, read(t, reportstest.Kernels()),
		"loss: A pinned block is freed on 6.1 and 6.12 in 20 of 24 scenarios.",
		"changed: From 6.12 to 6.16, on xfs and ext4: where a pinned block was freed, in 20 scenarios, in 15 somebody waits and in 5 somebody waits for as long as another likes.",
		"delay: Somebody waits on 6.16, 6.18 and 7.3 with xfs in 32 of 36 scenarios (in 8 for as long as somebody else likes, in 29 SIGKILL is ignored, in 8 a bystander, too); "+
			"on 6.16, 6.18 and 7.3 with ext4 in 28 of 32 scenarios (in 7 for as long as somebody else likes, in 25 SIGKILL is ignored, in 7 a bystander, too).",
		"warning: The kernel itself warns on 6.1 and 6.12 in 5 scenarios.",
		"fine: No pinned block is freed on 6.16, 6.18 and 7.3 in any of 24 scenarios about it.",
		"fine: Nor is one without DAX, which is the control, on 6.1, 6.12, 6.16, 6.18 and 7.3 with xfs-nodax in any of 24 scenarios about it.")
}

// outcome makes a cell of one kind.
func outcome(c map[string]any, kind, broken string) {
	clear(c)
	c["outcome"], c["word"] = map[string]any{"kind": kind, "broken": broken}, kind
}

// TestSentencesOfRegression: what a later kernel frees anew is said by name.
func TestSentencesOfRegression(t *testing.T) {
	holds(t, read(t, small(3, func(i, k int, c map[string]any) {
		switch {
		case i == 0 || k == 0:
			outcome(c, "safe", "")
		default:
			outcome(c, "violation", "U")
		}
	})),
		"loss: A pinned block is freed on 6.16 in 2 of 3 scenarios.",
		"changed: From 6.12 to 6.16, on xfs: one is freed anew in umount-remount-vmsplice and munmap-then-truncate-vmsplice.",
		"fine: No pinned block is freed on 6.12 in any of 3 scenarios about it.")
}

// TestSentencesOfOthers: a page whose owner is forgotten is not called freed, nor is a crash.
func TestSentencesOfOthers(t *testing.T) {
	holds(t, read(t, small(3, func(i, k int, c map[string]any) {
		switch {
		case i == 0 && k == 0:
			outcome(c, "violation", "A")
		case i == 0 && k == 1:
			outcome(c, "violation", "UA")
		case i == 1 && k == 2:
			outcome(c, "violation", "")
			c["outcome"].(map[string]any)["findings"] = []any{map[string]any{"property": "crash", "text": "the kernel has crashed: BUG"}}
		default:
			outcome(c, "safe", "")
		}
	})),
		"loss: A pinned block is freed on 6.12 in 1 of 3 scenarios.",
		"loss: The kernel crashes on 6.16 in 1 scenario.",
		"loss: The owner of a pinned page is forgotten, and no block freed, on 6.12 in 1 scenario.",
		"changed: From 6.12 to 6.16, on xfs: where a pinned block was freed, in 1 scenario, in 1 nothing happens.",
		"fine: No pinned block is freed on 6.16 in any of 3 scenarios about it.")
}

// TestSentencesOfNothing: a column without a verdict is unknown, and nothing is called kept there, nor where no scenario is about it.
func TestSentencesOfNothing(t *testing.T) {
	holds(t, read(t, small(2, func(i, k int, c map[string]any) {
		outcome(c, "safe", "")
		if i == 1 {
			c["lost"] = "the guest died"
		}
	})),
		"fine: No pinned block is freed on 6.12 in any of 2 scenarios about it.",
		"blank: Nothing is known of 6.16: no scenario there came to a verdict.")
	s := small(9, func(i, k int, c map[string]any) { outcome(c, "safe", "") })
	s.Change = func(doc map[string]any) {
		for _, e := range doc["scenarios"].([]any) {
			e.(map[string]any)["probes"] = "H"
		}
	}
	holds(t, read(t, s))
}

// TestSentencesOfControl: what is seen without DAX, too, is no matter of DAX.
func TestSentencesOfControl(t *testing.T) {
	s := small(2, func(i, k int, c map[string]any) {
		outcome(c, "safe", "")
		if k == 0 {
			outcome(c, "violation", "U")
		}
		if i == 1 && k == 1 {
			c["lost"] = "no answer"
		}
	})
	s.Releases, s.FS = s.Releases[:1], []string{"xfs", "xfs-nodax"}
	holds(t, read(t, s),
		"loss: A pinned block is freed on 6.12 in 1 of 2 scenarios.",
		"blank: The controls without DAX show it, too, on 6.12 xfs-nodax in 1 of 1 scenario: what is seen there does not come of DAX.",
		"blank: There is no verdict on 6.12 xfs-nodax in 1 scenario.")
}

// TestSentencesOfMany: a sentence tells four things apart, and counts the others.
func TestSentencesOfMany(t *testing.T) {
	s := small(9, func(i, k int, c map[string]any) {
		outcome(c, "safe", "")
		if k <= i {
			outcome(c, "violation", "U")
		}
	})
	s.Releases, s.FS = nil, []string{"xfs"}
	for _, r := range strings.Fields("6.1 6.2 6.3 6.4 6.5 6.6 6.7") {
		s.Releases = append(s.Releases, r+".0")
	}
	if got := say(read(t, s))[0]; !strings.HasSuffix(got, "on 6.4 in 4 of 6 scenarios; otherwise on 3 others, below.") {
		t.Error(got)
	}
}
