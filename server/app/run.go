package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/product"
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
		Short: "Run the first flow of a file and import the others",
		Long: "Publishes the file's first flow as a version in the data folder, pulls everything that is due and delivers it.\n" +
			"Further flows of the file are saved as drafts, with their problems listed.\n" +
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
	docs, problems, err := readFlows(file)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return c.printValidation(problems)
	}
	if f := pinParams(docs[0], o.params); f != nil {
		return f
	}
	e, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(ctx)) }()
	var boxes map[string]string
	if o.sandbox {
		if boxes, err = startSandboxes(ctx, e.Plugins, connectorsOf(docs[0]), "127.0.0.1:0", o.clock); err != nil {
			return err
		}
	}
	if stop, err := c.prepare(ctx, e, docs, boxes); stop || err != nil {
		return err
	}
	return c.execute(ctx, e, docs, o)
}

// connectorsOf lists the connectors of a document's inline connections.
func connectorsOf(doc *flow.Document) []string {
	ids := map[string]bool{}
	for _, inline := range doc.Spec.Connections {
		ids[inline.Connector] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

// prepare refuses documents with blocking problems, then takes over their connections.
func (c *cli) prepare(ctx context.Context, e *product.Product, docs []*flow.Document, boxes map[string]string) (stop bool, err error) {
	accounts, problems, err := c.accounts(ctx, e, docs[0], boxes)
	if err != nil {
		return true, err
	}
	types := flow.NewTypes(nodes.All()...)
	_, found := plan.Compile(ctx, docs[0], plan.Options{
		Types: types, Catalogue: inlineCatalogue{ctx, product.Plugins{Host: e.Plugins}, docs[0]}, Flows: together{docs, types},
		Scripts: e.Scripts, InlineConnections: true,
	})
	if problems = append(problems, found...); flow.Blocking(problems) {
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

func (c *cli) execute(ctx context.Context, e *product.Product, docs []*flow.Document, o runOptions) error {
	version, others, err := c.publish(ctx, e, docs)
	if err != nil {
		return err
	}
	show := c.newProgress(docs[0].Metadata.Title)
	looking := indexing.Version{ID: version.ID, Flow: version.Flow, Workspace: workspace}
	if err := e.Indexing.Prepare(ctx, looking, show.indexed); err != nil {
		return err
	}
	req := execution.Request{
		Workspace: workspace, Flow: version.Flow, Version: version.ID, Trigger: "cli", FireAt: now(), TraceID: strings.ReplaceAll(uuid.NewString(), "-", ""),
		Progress: func(p pull.Progress) { show.read(p) },
	}
	run, err := e.Execution.Start(ctx, req)
	if err != nil {
		return err
	}
	started := now()
	e.Workers.Start(ctx)
	pullErr := e.Execution.Pull(ctx, run, req)
	if ctx.Err() != nil {
		return fault.New("run.stopped", "the run was stopped; running it again goes on where it stopped").Because(pullErr)
	}
	if err := c.drain(ctx, e, version.Flow, run.ID, o, show); err != nil {
		return err
	}
	show.end()
	return c.conclude(ctx, e, run.ID, now().Sub(started), pullErr, others, o)
}

// drain waits until every run of the flow is settled, and for retries that come due within the budget.
func (c *cli) drain(ctx context.Context, e *product.Product, flowID, run ledger.ID, o runOptions, show *progress) error {
	deadline := now().Add(o.retryFor)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		open, err := e.Execution.Settle(ctx, flowID)
		if err != nil {
			return err
		}
		_, counts, err := e.Ledger.Run(ctx, run)
		if err != nil {
			return err
		}
		show.settled(counts)
		due, waits, err := e.Ledger.NextDue(ctx, flowID)
		if err != nil {
			return err
		}
		// What is held or cannot be walked keeps its run open for ever.
		stuck := len(open) > 0 && (!waits || due.Time().After(deadline)) && now().After(deadline)
		settled := len(open) == 0 && (!waits || due.Time().After(deadline) || now().After(deadline))
		if stuck || settled {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.New("run.stopped", "the run was stopped; running it again goes on where it stopped")
		case <-ticker.C:
		}
	}
}

// result is what `flow run --json` prints.
type result struct {
	Run                string         `json:"run"`
	State              string         `json:"state"`
	Counts             map[string]int `json:"counts"`
	DocumentsPerSecond float64        `json:"documents_per_second"`
	Balanced           bool           `json:"balanced"`
	Imported           []imported     `json:"imported,omitempty"`
	Error              *fault.Fault   `json:"error,omitempty"`
}

// conclude prints the balance and where the exceptions stand.
func (c *cli) conclude(ctx context.Context, e *product.Product, id ledger.ID, took time.Duration, pullErr error, others []imported, o runOptions) error {
	run, counts, err := e.Ledger.Run(ctx, id)
	if err != nil {
		return err
	}
	r := result{Run: idText(id), State: run.State.String(), Counts: allCounts(counts), Balanced: counts.Balanced(), Imported: others, Error: fault.From(pullErr)}
	if took > 0 {
		r.DocumentsPerSecond = float64(counts[ledger.SlotPulled]) / took.Seconds()
	}
	if c.json {
		if err := c.printJSON(r); err != nil {
			return err
		}
	} else {
		groups, err := e.Ledger.ProblemGroups(ctx, id)
		if err != nil {
			return err
		}
		c.printResult(r, took, groups)
	}
	clean := pullErr == nil && r.Balanced
	if !o.check {
		for _, s := range []ledger.State{ledger.Rejected, ledger.Unmapped, ledger.NeedsDecision, ledger.RetryAt} {
			clean = clean && counts[ledger.SlotOf(s)] == 0
		}
	}
	if !clean {
		return errUnfinished
	}
	return nil
}

// allCounts names every count of DESIGN section 5, zeros included.
func allCounts(counts ledger.Counts) map[string]int {
	all := map[string]int{}
	for _, slot := range []ledger.Slot{ledger.SlotPulled, ledger.SlotDropped, ledger.SlotUnchanged, ledger.SlotIgnored, ledger.SlotAccepted, ledger.SlotClaimed} {
		all[string(slot)] = counts[slot]
	}
	for _, s := range ledger.States() {
		all[s.String()] = counts[ledger.SlotOf(s)]
	}
	return all
}

func (c *cli) printResult(r result, took time.Duration, groups []ledger.ProblemGroup) {
	n := r.Counts
	c.say("run %s %s in %.1fs, %.0f documents/s", r.Run, r.State, took.Seconds(), r.DocumentsPerSecond)
	if r.Error != nil {
		c.printFault(r.Error)
	}
	c.say("  pulled   %6d = dropped %d + unchanged %d + ignored %d + accepted %d", n["pulled"], n["dropped"], n["unchanged"], n["ignored"], n["accepted"])
	var parts []string
	for _, slot := range append([]string{"claimed"}, stateNames()...) {
		if n[slot] > 0 {
			parts = append(parts, slot+" "+itoa(n[slot]))
		}
	}
	c.say("  accepted %6d = %s", n["accepted"], cmp.Or(strings.Join(parts, " + "), "0"))
	if r.Balanced {
		c.say("  the balance holds")
	} else {
		c.say("  THE BALANCE DOES NOT HOLD: please report this run")
	}
	for _, f := range r.Imported {
		c.say("  imported as a draft: %s (%s)", f.Title, f.ID)
		c.printProblems(f.Problems)
	}
	for _, g := range groups {
		c.say("  %-14s %4d  %s  %s", g.State, g.Documents, g.Code, g.Message)
		c.say("  %-14s       for example %s", "", strings.Join(g.Examples, ", "))
	}
}
