// Package imports is the command that brings existing work in from files.
//
// It may import engine/flow, engine/intake and its rooms, engine/pluginhost, server/app/terminal
// sdk/fault and sdk/spreadsheet: never a service or a store.
package imports

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/intake"
	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/draft"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/app/terminal"
)

// Needs is what the command gets from the program.
type Needs struct {
	*terminal.Terminal

	// Host opens the installed connectors.
	Host func() (*pluginhost.Host, error)
}

// rest is a line that was not understood.
type rest struct {
	Line    int    `json:"line,omitempty"`
	Path    string `json:"path,omitempty"`
	Text    string `json:"text"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// answer is what --json prints.
type answer struct {
	Format        intake.Format     `json:"format"`
	Flows         []json.RawMessage `json:"flows"`
	Rows          int               `json:"rows"`
	Understood    int               `json:"understood"`
	NotUnderstood []rest            `json:"not_understood"`
	Lines         []*scheme.Line    `json:"lines"`
	Questions     []draft.Question  `json:"questions"`
	Slots         []draft.Slot      `json:"slots"`
}

// Command makes `flow import`.
func Command(n Needs) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a flow of existing work: a field table, a scheme as JSON, a flow document",
		Long: "Prints the flow, and on the error output what was not understood and what is still to be chosen.\n" +
			"The flow takes addresses and secrets from environment variables; karez flow run --sandbox does without.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return n.run(cmd, args[0], intake.Format(format)) },
	}
	cmd.Flags().StringVar(&format, "format", "", "karez, qeasy or table (default: found out)")
	return cmd
}

func (n Needs) run(cmd *cobra.Command, file string, format intake.Format) error {
	text, err := textOf(file)
	if err != nil {
		return err
	}
	known, err := n.catalogue(cmd.Context())
	if err != nil {
		return err
	}
	read, err := intake.Read(text, format, known, draft.Answers{Inline: true})
	if err != nil {
		return err
	}
	out := answer{Format: read.Format, NotUnderstood: []rest{}, Questions: []draft.Question{}, Slots: []draft.Slot{}, Lines: []*scheme.Line{}}
	for _, d := range read.Drafts {
		out.add(d)
	}
	if n.JSON {
		return n.PrintJSON(out)
	}
	cmd.SetOut(cmd.OutOrStdout()) // else lines go to the error output
	for i, doc := range out.Flows {
		if i > 0 {
			cmd.Println("---")
		}
		cmd.Println(string(doc))
	}
	out.tell(cmd)
	return nil
}

// textOf reads a file of any encoding in which Chinese programs save.
func textOf(file string) ([]byte, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fault.Wrap(err, "file.unreadable", "the file can't be read")
	}
	text, _, err := spreadsheet.OpenText(bytes.NewReader(raw), int64(len(raw)), "", spreadsheet.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return io.ReadAll(text)
}

func (n Needs) catalogue(ctx context.Context) (known catalog.Catalogue, err error) {
	host, err := n.Host()
	if err != nil {
		return nil, err
	}
	defer host.Close(context.WithoutCancel(ctx))
	installed, err := host.List(ctx)
	seen := map[string]bool{}
	for _, p := range installed {
		if p.Manifest != nil && !seen[p.ID] {
			seen[p.ID] = true
			known = append(known, p.Manifest)
		}
	}
	return known, err
}

func (a *answer) add(d *draft.Draft) {
	a.Flows = append(a.Flows, d.Document.JSON())
	a.Rows, a.Understood = a.Rows+d.Rows, a.Understood+d.Read
	a.Lines, a.Questions, a.Slots = append(a.Lines, d.Lines...), append(a.Questions, d.Questions...), append(a.Slots, d.Slots...)
	for _, l := range d.Lines {
		if l.Fate == scheme.NotUnderstood {
			a.NotUnderstood = append(a.NotUnderstood, rest{l.Line, l.Path, l.Text, l.Why.Code, l.Why.Message})
		}
	}
}

// tell prints what is left for a person.
func (a *answer) tell(cmd *cobra.Command) {
	say := func(format string, args ...any) { cmd.PrintErrf(format+"\n", args...) }
	if a.Format != intake.Karez {
		say("%d of %d rows understood", a.Understood, a.Rows)
	}
	for _, r := range a.NotUnderstood {
		at := r.Path
		if r.Line > 0 {
			at = fmt.Sprintf("line %d", r.Line)
		}
		say("  %s: %s\n    %s", at, r.Text, r.Message)
	}
	for _, q := range a.Questions {
		if !q.Sure && q.Chosen != nil {
			say("  to confirm: %s is %s %s", q.Role, q.Chosen.Connector, q.Chosen.Operation)
		}
	}
	for _, s := range a.Slots {
		if !s.Filled {
			say("  to fill in: %s %s", s.Kind, s.Key)
		}
	}
}
