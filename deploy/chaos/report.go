package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/deploy/chaos/checker"
	"github.com/karezflow/karez/deploy/chaos/nemesis"
	"github.com/karezflow/karez/deploy/chaos/truth"
)

// report is what a profile came to.
type report struct {
	Profile string          `json:"profile"`
	Seed    uint64          `json:"seed"`
	Commit  string          `json:"commit"`
	Seconds float64         `json:"seconds"`
	Figures checker.Figures `json:"figures"`
	// Difference is what targets hold less what they should, exactly.
	Difference string            `json:"amountDifference"`
	Faults     []faults          `json:"faults"`
	Crashes    []result          `json:"crashPoints,omitempty"`
	Mutants    []mutant          `json:"wrongEngines,omitempty"`
	Soaks      []soaked          `json:"soaks,omitempty"`
	Findings   []checker.Finding `json:"findings"`
}

// faults are those of a kind, with how long it took until something got done again.
type faults struct {
	Kind  string  `json:"kind"`
	Count int     `json:"count"`
	P50   float64 `json:"recoveryP50"`
	P95   float64 `json:"recoveryP95"`
	Most  float64 `json:"recoveryMax"`
	Stuck int     `json:"stuck"`
}

func newReport(name string, h *harness) *report {
	return &report{Profile: name, Seed: h.seed, Commit: h.commit, Figures: checker.NewFigures()}
}

func (r *report) crashes(results []result) {
	r.Crashes = results
	for _, one := range results {
		r.add(one)
	}
}

func (r *report) soak(one soaked) {
	r.Soaks = append(r.Soaks, one)
	r.add(one.result)
}

func (r *report) mutants(list []mutant) {
	r.Mutants = list
	for _, m := range list {
		r.add(m.Control)
	}
}

// add counts a result in; wrong engines' are not counted, they are to be bad.
func (r *report) add(one result) {
	r.Figures.Add(one.figures)
	r.Findings = append(r.Findings, one.Findings...)
	if one.Error != "" {
		r.Findings = append(r.Findings, checker.Finding{Invariant: "harness", Text: one.Name + ": " + one.Error})
	}
}

// caught counts the wrong engines that were seen.
func (r *report) caught() int {
	n := 0
	for _, m := range r.Mutants {
		if m.Caught {
			n++
		}
	}
	return n
}

// broken reports whether a promise is broken or a wrong engine went unseen.
func (r *report) broken() bool { return len(r.Findings) > 0 || r.caught() < len(r.Mutants) }

// tally gathers the faults of all soaks by kind.
func (r *report) tally() {
	all := map[string]*nemesis.Record{}
	for _, s := range r.Soaks {
		for kind, one := range s.Faults {
			if all[kind] == nil {
				all[kind] = &nemesis.Record{}
			}
			all[kind].Count += one.Count
			all[kind].Stuck += one.Stuck
			all[kind].Recoveries = append(all[kind].Recoveries, one.Recoveries...)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		one := all[kind]
		at := func(p int) float64 { return nemesis.Percentile(one.Recoveries, p).Round(time.Millisecond).Seconds() }
		r.Faults = append(r.Faults, faults{kind, one.Count, at(50), at(95), at(100), one.Stuck})
	}
}

// write prints the table and writes report.json.
func (r *report) write(h *harness) error {
	r.tally()
	r.Difference = r.Figures.Difference.FloatString(4)
	for _, line := range r.table() {
		h.say("%s", line)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(h.out, "report.json"), text, 0o600)
}

func (r *report) table() []string {
	f := r.Figures
	var lines []string
	row := func(name, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("  %-26s %s", name, fmt.Sprintf(format, args...)))
	}
	lines = append(lines, "", fmt.Sprintf("chaos %s, seed %d, %s, %.0f s", r.Profile, r.Seed, r.Commit, r.Seconds))
	row("documents", "%d generated, %d in, %d revisions", f.Documents, f.In, f.Revisions)
	row("states", "%s", counts(f.States))
	row("lost", "%d", f.Lost)
	for _, class := range truth.Classes() {
		t := f.Classes[class]
		row("class "+string(class), "%d generated, %d in, %d delivered, %d lost, duplicates: %d explained, %d unexplained",
			t.Documents, t.In, t.Delivered, t.Lost, f.Explained[class], f.Unexplained[class])
	}
	for _, s := range r.Soaks {
		row(s.Name, "%.0f s, %d faults, %d documents in, %d delivered, %d lost", s.Seconds, s.faults(), s.figures.In, s.figures.States["delivered"], s.figures.Lost)
	}
	row("stale overwrites", "%d", f.Stale)
	row("writebacks", "%d missing, %d extra", f.MarksLacked, f.MarksExtra)
	row("amount difference", "%s", r.Difference)
	row("unknown outcomes", "%d found by look-up, %d resent and known, decided by a person: %s", f.Found, f.Resent, counts(f.Decided))
	if len(r.Crashes) > 0 {
		row("crash points", "%d cases, %d failed", len(r.Crashes), len(slices.DeleteFunc(slices.Clone(r.Crashes), func(one result) bool { return !one.failed() })))
	}
	if len(r.Mutants) > 0 {
		row("wrong engines caught", "%d of %d", r.caught(), len(r.Mutants))
	}
	samples := 0
	for _, s := range r.Soaks {
		samples += s.Samples
	}
	if samples > 0 {
		row("counts looked at", "%d times while it ran", samples)
	}
	if len(r.Faults) > 0 {
		lines = append(lines, fmt.Sprintf("  %-26s %5s %8s %8s %8s", "fault", "count", "p50 s", "p95 s", "max s"))
	}
	for _, one := range r.Faults {
		lines = append(lines, fmt.Sprintf("  %-26s %5d %8.2f %8.2f %8.2f", one.Kind, one.Count, one.P50, one.P95, one.Most))
	}
	for _, s := range r.Soaks {
		for _, t := range s.Trends {
			row("growth, "+s.Name, "%s", t)
		}
	}
	return append(lines, r.verdict())
}

// faults counts what went wrong in a soak.
func (s soaked) faults() (n int) {
	for _, one := range s.Faults {
		n += one.Count
	}
	return n
}

func (r *report) verdict() string {
	if !r.broken() {
		return "  every promise held"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "  BROKEN: %d findings", len(r.Findings))
	for i, f := range r.Findings {
		if i == 20 {
			text.WriteString("\n    …")
			break
		}
		text.WriteString("\n    " + f.String())
	}
	for _, m := range r.Mutants {
		if !m.Caught {
			text.WriteString("\n    the wrong engine " + m.Name + " went unseen")
		}
	}
	return text.String()
}

func counts(of map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, of[name]))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
