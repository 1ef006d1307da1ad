// Package authoring has the commands of people who write connectors: the beginning of one, with code or without,
// and the conformance suite.
//
// It may import server/app/examine, server/app/terminal, sdk/declarative and what is below it,
// sdk/protocol, sdk/scaffold and sdk/fault.
package authoring

import (
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/scaffold"
	"github.com/karezflow/karez/server/app/terminal"
)

// Needs are what the commands work with.
type Needs struct {
	*terminal.Terminal

	Clock func() time.Time
	Log   func() *slog.Logger
	// Unfinished ends a command whose findings were printed already.
	Unfinished error
	// Interpreter gives the program that serves declarative connectors.
	Interpreter func() string
}

// Commands gives the commands below "plugin".
func Commands(n Needs) []*cobra.Command { return []*cobra.Command{n.begin(), n.draft(), n.test()} }

// begin makes `plugin new`.
func (n Needs) begin() *cobra.Command {
	o := scaffold.Options{Protocol: protocol.Source()}
	cmd := &cobra.Command{
		Use:   "new DIR",
		Short: "Write a connector to begin with: it compiles, has a sandbox and passes the conformance suite",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if o.ID == "" {
				o.ID = filepath.Base(filepath.Clean(args[0]))
			}
			if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") && !strings.Contains(info.Main.Version, "+dirty") {
				o.Version = info.Main.Version
			}
			names, err := scaffold.Write(args[0], o)
			if err != nil {
				return err
			}
			slices.Sort(names)
			if n.JSON {
				return n.PrintJSON(map[string]any{"id": o.ID, "files": names})
			}
			for _, name := range names {
				n.Say("  %s", filepath.Join(args[0], name))
			}
			next := "go mod tidy && make test conform"
			switch o.Language {
			case "node":
				next = "npm install && npm run conform"
			case scaffold.WithoutCode:
				next = "karez plugin test ."
			}
			n.Say("next: cd %s && %s", args[0], next)
			return nil
		},
	}
	cmd.Flags().StringVar(&o.ID, "id", "", "the connector's id (default: the folder's name)")
	cmd.Flags().StringVar(&o.Language, "language", "go", "language to write it in: "+strings.Join(scaffold.Languages(), ", ")+" ("+scaffold.WithoutCode+" is a connector without code)")
	cmd.Flags().StringVar(&o.Module, "module", "", "path of the Go module (default: the id)")
	cmd.Flags().StringVar(&o.Source, "sdk", "", "folder with the SDK's source, in place of the published version")
	return cmd
}
