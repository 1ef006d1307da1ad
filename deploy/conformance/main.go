// Command conformance examines every connector of the tree that has a plan, as its author
// would: `karez plugin test` on the built program before its own sandbox. It prints which
// behaviours hold for which connector, and what the sandboxes refused meanwhile, by the
// vendors' codes. The connectors of databases and of Tryton have no sandbox: their Go tests have the
// same suite run in front of real ones.
//
// It may import the standard library only.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// report is what `karez plugin test --json` prints.
type report struct {
	Connector string         `json:"connector"`
	Version   string         `json:"version"`
	OK        bool           `json:"ok"`
	Checks    []check        `json:"checks"`
	Refusals  map[string]int `json:"refusals"`

	// plan is the file's name where it is not the usual one.
	plan string
}

// check is a behaviour that was tried.
type check struct {
	Name     string   `json:"name"`
	OK       bool     `json:"ok"`
	Problems []string `json:"problems"`
}

func main() {
	bin := flag.String("bin", "bin", "folder with karez and plugins/<connector>")
	tree := flag.String("plugins", "plugins", "folder of the connectors' sources")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := examine(ctx, *bin, *tree, withoutSandbox, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !ok || err != nil {
		stop()
		os.Exit(1)
	}
}

// examine tries all plans, and what more tries besides, and prints what was found.
func examine(ctx context.Context, bin, tree string, more func(context.Context) ([]report, error), out io.Writer) (ok bool, err error) {
	plans, err := filepath.Glob(filepath.Join(tree, "*", "conformance*.yaml"))
	if err != nil || len(plans) == 0 {
		return false, errors.Join(err, errors.New("there is no plan in "+tree))
	}
	var reports []report
	for _, plan := range plans {
		r, err := test(ctx, bin, plan)
		if err != nil {
			return false, fmt.Errorf("%s: %w", plan, err)
		}
		reports = append(reports, r)
	}
	besides, err := more(ctx)
	if err != nil {
		return false, err
	}
	reports = append(reports, besides...)
	ok = !slices.ContainsFunc(reports, func(r report) bool { return !r.OK })
	var text bytes.Buffer
	table(&text, reports)
	refusals(&text, reports)
	problems(&text, reports)
	_, err = text.WriteTo(out)
	return ok, err
}

// test examines one connector by one plan.
func test(ctx context.Context, bin, plan string) (r report, err error) {
	id := filepath.Base(filepath.Dir(plan))
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "karez"), "plugin", "test", "--json", filepath.Join(bin, "plugins", id), "--plan", plan) //nolint:gosec // the programs and plans of this tree
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if bad := json.Unmarshal(text, &r); bad != nil || r.Connector == "" {
		return r, errors.Join(errors.New("it could not be examined"), err, bad)
	}
	if name := strings.TrimSuffix(filepath.Base(plan), ".yaml"); name != "conformance" {
		r.plan = " (" + strings.TrimPrefix(name, "conformance-") + ")"
	}
	return r, nil
}

// behaviour is a check without the operation that it was tried with.
func behaviour(check string) string {
	kind, _, _ := strings.Cut(check, " ")
	if _, what, found := strings.Cut(check, ": "); found && (kind == "query" || kind == "write") {
		return kind + ": " + what
	}
	return check
}

// score is how many trials of a behaviour there were, and how many held.
type score struct{ held, tried int }

// table prints the behaviours in the order in which they are tried, a column for each connector.
func table(out *bytes.Buffer, reports []report) {
	var order []string
	scores := make([]map[string]score, len(reports))
	for i, r := range reports {
		scores[i] = map[string]score{}
		for _, c := range r.Checks {
			name := behaviour(c.Name)
			if !slices.Contains(order, name) {
				order = append(order, name)
			}
			s := scores[i][name]
			s.tried++
			if c.OK {
				s.held++
			}
			scores[i][name] = s
		}
	}
	// Sessions first, then queries, writes and what is looked at in the end.
	rank := func(name string) int {
		return 1 + slices.Index([]string{"query", "write", "no", "nothing"}, strings.TrimSuffix(strings.Fields(name)[0], ":"))
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	wide := 0
	for _, name := range order {
		wide = max(wide, len(name)+2)
	}
	var head strings.Builder
	fmt.Fprintf(&head, "%-*s", wide, "behaviour")
	for i, r := range reports {
		fmt.Fprintf(out, "%3d  %s%s\n", i+1, strings.TrimSpace(r.Connector+" "+r.Version), r.plan)
		fmt.Fprintf(&head, "%6d", i+1)
	}
	fmt.Fprintf(out, "\n%s\n", head.String())
	for _, name := range order {
		fmt.Fprintf(out, "%-*s", wide, name)
		for i := range reports {
			fmt.Fprintf(out, "%6s", mark(scores[i][name]))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "%-*s", wide, "all")
	for _, r := range reports {
		all := score{tried: len(r.Checks)}
		for _, c := range r.Checks {
			if c.OK {
				all.held++
			}
		}
		fmt.Fprintf(out, "%6s", mark(all))
	}
	fmt.Fprint(out, "\n\nA number says with how many operations or parameters a behaviour was tried; all of them hold unless it says BAD.\n")
}

// mark writes a score: nothing where the connector has nothing of the kind.
func mark(s score) string {
	switch {
	case s.tried == 0:
		return "-"
	case s.held < s.tried:
		return fmt.Sprintf("BAD%d", s.tried-s.held)
	default:
		return fmt.Sprint(s.tried)
	}
}

// refusals prints what the sandboxes counted.
func refusals(out *bytes.Buffer, reports []report) {
	fmt.Fprint(out, "\nRefusals that the sandboxes gave meanwhile, by the vendors' codes:\n")
	for _, r := range reports {
		if r.Version == "" {
			continue // it has no sandbox
		}
		var list []string
		for _, code := range slices.Sorted(maps.Keys(r.Refusals)) {
			list = append(list, fmt.Sprintf("%s ×%d", cmp.Or(code, "without a code"), r.Refusals[code]))
		}
		fmt.Fprintf(out, "  %-34s %s\n", r.Connector+r.plan, cmp.Or(strings.Join(list, ", "), "none counted"))
	}
	fmt.Fprint(out, "Those that need a special state are tried by the tests of plugins/<connector>/sandbox.\n")
}

// problems prints what does not hold.
func problems(out *bytes.Buffer, reports []report) {
	for _, r := range reports {
		for _, c := range r.Checks {
			if !c.OK {
				fmt.Fprintf(out, "\nBAD %s%s: %s\n  %s\n", r.Connector, r.plan, c.Name, strings.Join(c.Problems, "\n  "))
			}
		}
	}
}
