package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/chain"
	"github.com/karezflow/karez/server/app/flowfile"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/app/sandboxes"
	"github.com/karezflow/karez/server/app/terminal"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/indexing"
)

// runOptions are the flags of `flow run`.
type runOptions struct {
	params   map[string]string
	retryFor time.Duration
	sandbox  bool
	clock    string
	check    bool
}

func (c *cli) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run the first flow of a file, with those it hands documents over to",
		Long: "Publishes the file's first flow as a version in the data folder, pulls everything that is due and delivers it.\n" +
			"Flows of the file that it hands documents over to, or that read what it stored, are published and enabled and work along;\n" +
			"what came of them stands beside the first one's counts. Other flows are saved as drafts, with their problems listed.\n" +
			"Exit code 0 only when nothing is rejected, unmapped, needs a decision or still retries.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runFlow(cmd.Context(), args[0], o) },
	}
	c.storeFlags(cmd)
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		// What simulated systems answered must never pass for what real ones did.
		if o.sandbox && !cmd.Flags().Changed("data") {
			c.dataDir = "./karez-sandbox"
		}
	}
	cmd.Flags().StringToStringVar(&o.params, "param", nil, "a parameter of the flow, as key=value; repeat for more")
	cmd.Flags().DurationVar(&o.retryFor, "retry-for", 30*time.Second, "how long to go on with documents that wait for a retry")
	cmd.Flags().BoolVar(&o.sandbox, "sandbox", false, "run against the connectors' simulated systems, in a data folder of its own (./karez-sandbox)")
	cmd.Flags().StringVar(&o.clock, "sandbox-now", "", "the time at which the simulated systems' clocks start (default: now)")
	cmd.Flags().BoolVar(&o.check, "check-balance", false, "exit with 0 when the balance holds, although documents wait for a person")
	return cmd
}

func (c *cli) runFlow(ctx context.Context, file string, o runOptions) (err error) {
	docs, problems, err := flowfile.Read(file)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return c.printValidation(problems)
	}
	all := chain.File{Docs: docs, Types: flow.NewTypes(nodes.All()...)}
	if f := all.Begin(o.params); f != nil {
		return f
	}
	e, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(ctx)) }()
	all.Types = product.Types(e.Plugins)
	var boxes map[string]string
	members := all.Members()
	if o.sandbox {
		if boxes, err = sandboxes.Start(ctx, e.Plugins, connectorsOf(docs, members), "127.0.0.1:0", o.clock); err != nil {
			return err
		}
	}
	if stop, err := c.prepare(ctx, e, all, members, boxes); stop || err != nil {
		return err
	}
	return c.execute(ctx, e, all, members, o)
}

// connectorsOf lists the connectors of the inline connections of a file's members.
func connectorsOf(docs []*flow.Document, members []int) []string {
	ids := map[string]bool{}
	for _, i := range members {
		for _, inline := range docs[i].Spec.Connections {
			ids[inline.Connector] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// prepare refuses documents with blocking problems, then takes over their connections.
func (c *cli) prepare(ctx context.Context, e *product.Product, file chain.File, members []int, boxes map[string]string) (stop bool, err error) {
	var problems []flow.Problem
	var accounts []connection.Connection
	for n, i := range members {
		doc := file.Docs[i]
		given, found, err := c.accounts(ctx, e, doc, boxes)
		if err != nil {
			return true, err
		}
		_, compiled := compile.Flow(ctx, doc, compile.Options{
			Types: file.Types, Catalogue: flowfile.Catalogue{Ctx: ctx, Installed: product.Plugins{Host: e.Plugins}, Doc: doc, Others: file.Docs}, Flows: file,
			Scripts: e.Scripts, InlineConnections: true,
		})
		found = append(found, compiled...)
		for f := range found {
			if n > 0 {
				found[f].Path = fmt.Sprintf("documents[%d].%s", i, found[f].Path)
			}
		}
		accounts, problems = append(accounts, given...), append(problems, found...)
	}
	if flow.Blocking(problems) {
		return true, c.printValidation(problems)
	}
	for _, account := range accounts {
		for _, f := range e.Connections.Give(ctx, account) {
			problems = append(problems, flow.ProblemOf(f, "spec.connections."+account.Name))
		}
	}
	if flow.Blocking(problems) {
		return true, c.printValidation(problems)
	}
	return false, nil
}

func (c *cli) execute(ctx context.Context, e *product.Product, file chain.File, members []int, o runOptions) error {
	versions, others, err := c.publish(ctx, e, file, members)
	if err != nil {
		return err
	}
	w := &work{show: c.NewProgress(file.Docs[0].Metadata.Title)}
	for n, v := range versions {
		if err := e.Indexing.Prepare(ctx, indexing.Version{ID: v.ID, Flow: v.Flow, Workspace: workspace}, w.show.Indexed); err != nil {
			return err
		}
		w.flows = append(w.flows, v.Flow)
		if n > 0 {
			w.along = append(w.along, chain.Flow{ID: v.Flow, Workspace: v.Workspace, Head: file.Docs[members[n]].Metadata})
		}
	}
	started := now()
	e.Workers.Start(ctx)
	e.Errands.Start(ctx)
	e.Grouping.Start(ctx)
	for n, v := range versions {
		if n > 0 && !file.Reads(members[n]) {
			continue // it takes what is handed over
		}
		if err := w.run(ctx, e, v, o.retryFor); err != nil {
			return err
		}
	}
	w.show.End()
	return c.conclude(ctx, e, w.along, w.first, started, w.pullErr, others, o)
}

// work is what `flow run` does.
type work struct {
	show  *terminal.Progress
	flows []ledger.ID
	along []chain.Flow
	// first is the first run; deadline how long retries are waited for; pullErr why
	// pulling could not finish.
	first    ledger.ID
	deadline time.Time
	pullErr  error
}

// run pulls what is due of a flow and waits until all flows are settled.
func (w *work) run(ctx context.Context, e *product.Product, v draft.Version, retryFor time.Duration) error {
	req := execution.Request{
		Workspace: workspace, Flow: v.Flow, Version: v.ID, Trigger: "cli", FireAt: now(), TraceID: strings.ReplaceAll(uuid.NewString(), "-", ""),
		Progress: func(p pull.Progress) { w.show.Read(p) },
	}
	run, err := e.Execution.Start(ctx, req)
	if err != nil {
		return err
	}
	w.first = cmp.Or(w.first, run.ID)
	err = e.Execution.Pull(ctx, run, req)
	w.pullErr = cmp.Or(w.pullErr, err)
	if w.deadline.IsZero() {
		w.deadline = now().Add(retryFor)
	}
	if ctx.Err() == nil {
		err = w.drain(ctx, e)
	}
	if ctx.Err() != nil {
		return fault.New("run.stopped", "the run was stopped; running it again goes on where it stopped").Because(err)
	}
	return err
}

// drain waits until every run of the flows is settled, and for retries that come due until the deadline.
func (w *work) drain(ctx context.Context, e *product.Product) error {
	return chain.Waiter{Settler: e.Execution, Dues: e.Ledger, Errands: e.Errands, Clock: now, Every: 100 * time.Millisecond, Look: func(ctx context.Context) error {
		_, counts, err := e.Ledger.Run(ctx, w.first)
		w.show.Settled(counts)
		return err
	}}.Wait(ctx, w.flows, w.deadline)
}

// result is what `flow run --json` prints.
type result struct {
	Run                string         `json:"run"`
	State              string         `json:"state"`
	Counts             map[string]int `json:"counts"`
	DocumentsPerSecond float64        `json:"documents_per_second"`
	Balanced           bool           `json:"balanced"`
	// Flows are those of the file that worked along with the first.
	Flows    []chain.Result `json:"flows,omitempty"`
	Imported []imported     `json:"imported,omitempty"`
	Error    *fault.Fault   `json:"error,omitempty"`
}

// conclude prints the balance and where the exceptions stand.
func (c *cli) conclude(ctx context.Context, e *product.Product, flows []chain.Flow, id ledger.ID, started time.Time, pullErr error, others []imported, o runOptions) error {
	run, counts, err := e.Ledger.Run(ctx, id)
	if err != nil {
		return err
	}
	r := result{Run: idText(id), State: run.State.String(), Counts: chain.Counts(counts), Balanced: counts.Balanced(), Imported: others, Error: fault.From(pullErr)}
	if r.Flows, err = chain.Results(ctx, e.Execution.Runs, flows, started); err != nil {
		return err
	}
	took := now().Sub(started)
	if took > 0 {
		r.DocumentsPerSecond = float64(counts[ledger.SlotPulled]) / took.Seconds()
	}
	if c.JSON {
		if err := c.PrintJSON(r); err != nil {
			return err
		}
	} else {
		groups, err := e.Ledger.ProblemGroups(ctx, id)
		if err != nil {
			return err
		}
		c.printResult(r, took, groups)
	}
	clean := pullErr == nil && r.Balanced && (o.check || chain.Clean(r.Counts))
	for _, f := range r.Flows {
		clean = clean && f.Balanced && (o.check || chain.Clean(f.Counts))
	}
	if !clean {
		return errUnfinished
	}
	return nil
}

func (c *cli) printResult(r result, took time.Duration, groups []ledger.ProblemGroup) {
	n := r.Counts
	c.Say("run %s %s in %.1fs, %.0f documents/s", r.Run, r.State, took.Seconds(), r.DocumentsPerSecond)
	if r.Error != nil {
		c.PrintFault(r.Error)
	}
	c.printCounts(n, r.Balanced)
	for _, f := range r.Flows {
		c.Say("%s: %s", f.Title, f.State)
		c.printCounts(f.Counts, f.Balanced)
	}
	for _, f := range r.Imported {
		c.Say("  imported as a draft: %s (%s)", f.Title, f.ID)
		c.PrintProblems(f.Problems)
	}
	for _, g := range groups {
		c.Say("  %-14s %4d  %s  %s", g.State, g.Documents, g.Code, g.Message)
		c.Say("  %-14s       for example %s", "", strings.Join(g.Examples, ", "))
	}
}

// printCounts prints a balance.
func (c *cli) printCounts(n map[string]int, balanced bool) {
	c.Say("  pulled   %6d = dropped %d + unchanged %d + ignored %d + accepted %d", n["pulled"], n["dropped"], n["unchanged"], n["ignored"], n["accepted"])
	var parts []string
	for _, slot := range append([]string{"claimed"}, stateNames()...) {
		if n[slot] > 0 {
			parts = append(parts, slot+" "+itoa(n[slot]))
		}
	}
	c.Say("  accepted %6d = %s", n["accepted"], cmp.Or(strings.Join(parts, " + "), "0"))
	if balanced {
		c.Say("  the balance holds")
	} else {
		c.Say("  THE BALANCE DOES NOT HOLD: please report this run")
	}
}

func idText(id ledger.ID) string { return strconv.FormatInt(int64(id), 10) }

func itoa(n int) string { return strconv.Itoa(n) }

func stateNames() []string {
	states := ledger.States()
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = s.String()
	}
	return names
}
