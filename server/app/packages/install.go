package packages

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/changes"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
)

// home is the workspace of the command line.
const home = 1

// seen is what verify and install print.
type seen struct {
	Name      string       `json:"name"`
	Version   string       `json:"version"`
	Status    shelf.Status `json:"status"`
	Key       string       `json:"key,omitempty"`
	KeyName   string       `json:"keyName,omitempty"`
	Publisher string       `json:"publisher,omitempty"`
	// Definition says that it brings no program: the product's own serves it.
	Definition bool                 `json:"definition,omitempty"`
	Allows     plugpack.Permissions `json:"permissions"`
	Sum        string               `json:"sum"`
	Active     string               `json:"active"`
	Installed  bool                 `json:"installed"`
	Needs      []*fault.Fault       `json:"objections,omitempty"`
	Changes    []change             `json:"changes"`
}

type change struct {
	Kind      changes.Kind `json:"kind"`
	Part      changes.Part `json:"part"`
	Operation string       `json:"operation,omitempty"`
	Name      string       `json:"name"`
	Breaking  bool         `json:"breaking"`
}

func (n Needs) verify() *cobra.Command {
	return n.flagged(&cobra.Command{
		Use: "verify FILE", Short: "Check a package as an installation would, and show what it changes", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return file(args[0], func(f *os.File, size int64) error {
				found, err := n.Shelf().Inspect(cmd.Context(), f, size)
				if err != nil {
					return err
				}
				return n.show(n.seen(found))
			})
		},
	})
}

// file opens a file for a while.
func file(name string, use func(*os.File, int64) error) error {
	f, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return unreadable(name, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return unreadable(name, cmp.Or(err, errors.New("it is no file")))
	}
	return use(f, info.Size())
}

// seen compares a package with the version that serves.
func (n Needs) seen(f shelf.Found) seen {
	s := seen{
		Name: f.Manifest.Name, Version: f.Manifest.Version, Status: f.Status, Key: f.Key, KeyName: f.KeyName, Publisher: f.Manifest.Publisher,
		Definition: f.Manifest.Definition > 0, Allows: f.Manifest.Permissions, Sum: f.Sum, Active: f.Active, Installed: f.Installed, Needs: f.Objections, Changes: []change{},
	}
	var old *manifest.Manifest
	if text, err := n.Shelf().Read(s.Name, f.Active, plugpack.ConnectorFile); err == nil && f.Active != "" {
		old, _ = manifest.Parse(text) // a version that can't be read has nothing
	}
	if old == nil {
		return s
	}
	for _, c := range changes.Between(old, f.Connector) {
		s.Changes = append(s.Changes, change{c.Kind, c.Part, c.Operation, c.Name, c.Breaking})
	}
	return s
}

func (n Needs) show(s seen) error {
	if n.JSON {
		return n.PrintJSON(s)
	}
	n.Say("%s %s  %s", s.Name, s.Version, s.Status)
	if s.KeyName != "" {
		n.Say("  signed by %s (%s)", s.KeyName, s.Key)
	}
	if s.Publisher != "" {
		n.Say("  published by %s, as they say", s.Publisher)
	}
	if s.Definition {
		n.Say("  has no program: Karez serves it by its definition")
	}
	if len(s.Allows.Hosts) > 0 {
		n.Say("  calls, as they say: %s", strings.Join(s.Allows.Hosts, ", "))
	}
	if len(s.Allows.Secrets) > 0 {
		n.Say("  gets of its own connections: %s", strings.Join(s.Allows.Secrets, ", "))
	}
	if s.Active != "" {
		n.Say("  serves now: %s", s.Active)
	}
	for _, c := range s.Changes {
		mark := " "
		if c.Breaking {
			mark = "!"
		}
		n.Say("  %s %-8s %-11s %s", mark, c.Kind, c.Part, strings.TrimPrefix(c.Operation+"."+c.Name, "."))
	}
	for _, f := range s.Needs {
		n.Say("  has to be allowed: %s", f.Message)
	}
	return nil
}

func (n Needs) install() *cobra.Command {
	var from string
	var plain bool
	o := shelf.Options{By: "karez"}
	cmd := n.flagged(&cobra.Command{
		Use:   "install FILE | NAME[@VERSION] --from URL|DIR",
		Short: "Install a package; a program that runs takes it up by itself",
		Long: "Checks everything about a package and installs it beside the versions that are there. It becomes the version that serves\n" +
			"unless it is older, the connector is pinned, or --inactive says so. Work under way goes on with the version that it began with.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place := args[0]
			if from != "" {
				fetched, drop, err := n.fetch(cmd.Context(), from, args[0], plain)
				if err != nil {
					return err
				}
				defer drop()
				place = fetched
			}
			return file(place, func(f *os.File, size int64) error {
				found, err := n.Shelf().Inspect(cmd.Context(), f, size)
				if err != nil {
					return err
				}
				s := n.seen(found)
				o.Sum = found.Sum
				v, err := n.Shelf().Install(cmd.Context(), f, size, o)
				if err != nil {
					return err
				}
				if s.Installed, s.Needs = true, nil; v.Active {
					s.Active = v.Version
				}
				return n.show(s)
			})
		},
	})
	cmd.Flags().StringVar(&from, "from", "", "folder or address with an index.json that names the package")
	cmd.Flags().BoolVar(&plain, "plain-http", false, "allow an address without HTTPS; packages are checked by their signature anyway")
	cmd.Flags().BoolVar(&o.Unsigned, "allow-unsigned", false, "allow exactly this package though nobody vouches for it")
	cmd.Flags().BoolVar(&o.Downgrade, "allow-downgrade", false, "allow a version older than the installed ones, and let it serve")
	cmd.Flags().BoolVar(&o.Inactive, "inactive", false, "let the version that serves now serve on")
	return cmd
}

func (n Needs) remove() *cobra.Command {
	return n.flagged(&cobra.Command{
		Use: "remove NAME@VERSION", Short: "Remove an installed version that nothing needs", Args: cobra.ExactArgs(1),
		Long: "Removes an installed version that no connection and no flow needs. While the program serves from the SQLite database of the data folder\n" +
			"nobody else can ask that for them: stop it first, or remove the version in the browser.",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, version, ok := strings.Cut(args[0], "@")
			if !ok {
				return errors.New("remove needs NAME@VERSION")
			}
			uses, err := n.Uses(cmd.Context(), id)
			if err != nil {
				return err
			}
			running, err := n.Running(cmd.Context())
			if err != nil {
				return err
			}
			if err := plugins.Needed(uses, home, id, version, running); err != nil {
				return err
			}
			return n.done(n.Shelf().Remove(id, version), "%s %s was removed", id, version)
		},
	})
}

// choose makes a command about a connector, and a version where its usage says so.
func (n Needs) choose(use, short string, act func(ctx context.Context, id, version string) error) *cobra.Command {
	return n.flagged(&cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, version, ok := strings.Cut(args[0], "@")
			if ok != strings.HasSuffix(use, "@VERSION") {
				return errors.New("this needs: karez plugin " + use)
			}
			if err := act(cmd.Context(), id, version); err != nil {
				return err
			}
			c, err := n.Shelf().Get(cmd.Context(), id)
			if n.JSON && err == nil {
				return n.PrintJSON(map[string]any{"id": id, "active": c.Active, "previous": c.Previous, "pinned": c.Pinned})
			}
			pinned := ""
			if c.Pinned {
				pinned = ", and is pinned"
			}
			return n.done(err, "%s %s serves%s", id, c.Active, pinned)
		},
	})
}

func (n Needs) revoke() *cobra.Command {
	var r shelf.Revocation
	var list string
	cmd := n.flagged(&cobra.Command{
		Use: "revoke [NAME[@VERSION]]", Short: "Put a connector, a version, a key or a publisher's list on the list of what must not run", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all := []shelf.Revocation{r}
			if len(args) == 1 {
				all[0].Name, all[0].Version, _ = strings.Cut(args[0], "@")
			}
			if list != "" {
				text, err := os.ReadFile(list) //nolint:gosec // the user names the file
				if err != nil {
					return unreadable(list, err)
				}
				if all, err = shelf.Revocations(text); err != nil {
					return err
				}
			}
			return n.done(n.Shelf().Revoke(all...), "%d revocations are on the list", len(all))
		},
	})
	cmd.Flags().StringVar(&r.Key, "key", "", "the id of a key, in place of a connector")
	cmd.Flags().StringVar(&r.Sum, "sum", "", "the sum of exactly one package, in place of a connector")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why, as people will see it")
	cmd.Flags().StringVar(&list, "list", "", "file with a list of revocations, in place of a connector")
	return cmd
}
