// Package templates is the part of the command line that is about templates and their packages.
//
// It may import server/app/product, server/app/signing, server/app/terminal, server/market with
// its rooms, server/shelf, engine/plugpack, sdk/fault and sdk/field: never
// another command.
package templates

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/app/signing"
	"github.com/karezflow/karez/server/app/terminal"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/market/registry"
	"github.com/karezflow/karez/server/market/templatepack"
	"github.com/karezflow/karez/server/shelf"
)

// Needs are what the commands get of the program.
type Needs struct {
	*terminal.Terminal

	// Open opens the product that the flags name, As gives who the command line is.
	Open func(ctx context.Context) (*product.Product, error)
	As   func(ctx context.Context) context.Context
	// Shelf knows whom is trusted in the data folder that the flags name.
	Shelf func() *shelf.Shelf
	Flags func(cmd *cobra.Command)
	Clock func() time.Time
}

// Command makes `template`.
func Command(n Needs) *cobra.Command {
	cmd := &cobra.Command{
		Use: "template", Short: "Templates of flows, and their packages", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Long: "Templates come with the product, are published of a workspace's flows in the browser, or are imported as packages. A package is\n" +
			"a file ending in " + templatepack.Extension + "; keys to sign with and to trust by are those of karez plugin key. With the embedded database the\n" +
			"server must be stopped while list, export and import are at work.",
	}
	cmd.AddCommand(n.list(), n.export(), n.imports(), n.sign(), n.inspect(), n.index())
	return cmd
}

// with opens the product for a while.
func (n Needs) with(ctx context.Context, do func(ctx context.Context, m *market.Service) error) (err error) {
	e, err := n.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
	return do(n.As(ctx), e.Market)
}

func (n Needs) flagged(cmd *cobra.Command) *cobra.Command {
	n.Flags(cmd)
	return cmd
}

// seen is a template as it is printed.
type seen struct {
	ID      string        `json:"id"`
	Version string        `json:"version"`
	Title   field.Text    `json:"title"`
	Origin  market.Origin `json:"origin,omitempty"`
	Status  shelf.Status  `json:"status"`
	Key     string        `json:"key,omitempty"`
	KeyName string        `json:"keyName,omitempty"`
	Sum     string        `json:"sum,omitempty"`
	File    string        `json:"file,omitempty"`
	// Connectors are those that it wants.
	Connectors []templatepack.Connector `json:"connectors,omitempty"`
	Problems   []*fault.Fault           `json:"problems,omitempty"`
}

func viewed(v market.View) seen {
	return seen{ID: v.Metadata.ID, Version: v.Metadata.Version, Title: v.Metadata.Title, Origin: v.Origin, Status: v.Status, Key: v.Key, KeyName: v.KeyName, Sum: v.Sum}
}

func packed(p *templatepack.Package, file string) seen {
	m := p.Manifest
	s := seen{ID: m.ID, Version: m.Version, Title: m.Title, Status: shelf.Unsigned, Sum: p.Sum, File: file, Connectors: m.Connectors}
	if p.Signature != nil {
		s.Key = p.Signature.Key
	}
	return s
}

func (n Needs) list() *cobra.Command {
	return n.flagged(&cobra.Command{
		Use: "list", Short: "List the templates of the product and of the workspace", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return n.with(cmd.Context(), func(ctx context.Context, m *market.Service) error {
				all, err := m.List(ctx)
				if err != nil {
					return err
				}
				views := make([]seen, len(all))
				for i, v := range all {
					views[i] = viewed(v)
				}
				if n.JSON {
					return n.PrintJSON(views)
				}
				for _, v := range views {
					n.Say("%-50s %-8s %-9s %-9s %s", v.ID, v.Version, v.Origin, v.Status, v.Title.ZH)
				}
				return nil
			})
		},
	})
}

func (n Needs) export() *cobra.Command {
	var out string
	cmd := n.flagged(&cobra.Command{
		Use: "export ID[@VERSION]", Short: "Write a template as a package", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return n.with(cmd.Context(), func(ctx context.Context, m *market.Service) error {
				id, version, _ := strings.Cut(args[0], "@")
				name, file, err := m.Package(ctx, id, version)
				if err != nil {
					return err
				}
				p, err := templatepack.Open(file)
				if err != nil {
					return err
				}
				place := placed(out, name)
				err = signing.Write(place, func(w io.Writer) error {
					_, err := w.Write(file)
					return err
				})
				return n.done(err, packed(p, place), "%s %s is in %s", p.Manifest.ID, p.Manifest.Version, place)
			})
		},
	})
	cmd.Flags().StringVar(&out, "out", "", "file or folder to write to (default: <id>-<version>"+templatepack.Extension+")")
	return cmd
}

// placed gives where a file of a name goes.
func placed(out, name string) string {
	if out == "" {
		return name
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return filepath.Join(out, name)
	}
	return out
}

func (n Needs) imports() *cobra.Command {
	var from string
	var plain bool
	var o market.Options
	cmd := n.flagged(&cobra.Command{
		Use:   "import FILE | ID[@VERSION] --from URL|DIR",
		Short: "Store a package in the workspace",
		Long: "Checks everything about a package and stores it in the workspace, beside the versions that are there. Nothing of it runs: a template\n" +
			"is copied in the browser.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := n.wanted(cmd.Context(), from, args[0], plain)
			if err != nil {
				return err
			}
			return n.with(cmd.Context(), func(ctx context.Context, m *market.Service) error {
				v, err := m.Import(ctx, file, o)
				if err != nil {
					return err
				}
				return n.done(nil, viewed(v), "%s %s is stored, %s", v.Metadata.ID, v.Metadata.Version, v.Status)
			})
		},
	})
	cmd.Flags().StringVar(&from, "from", "", "folder or address with a "+registry.File+" that names the package")
	cmd.Flags().BoolVar(&plain, "plain-http", false, "allow an address without HTTPS; packages are checked by their signature anyway")
	cmd.Flags().BoolVar(&o.Unsigned, "allow-unsigned", false, "allow exactly this package though nobody vouches for it")
	return cmd
}

// wanted reads a package's file, or fetches it from a place with a list.
func (n Needs) wanted(ctx context.Context, from, what string, plain bool) ([]byte, error) {
	if from == "" {
		return read(what)
	}
	r, err := registry.Open(from, plain)
	if err != nil {
		return nil, err
	}
	list, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	id, version, _ := strings.Cut(what, "@")
	entry, ok := list.Pick(id, version)
	if !ok {
		return nil, fault.New("template.index_absent", "the list has no template %s", what).Hinted("look at the ids and versions in the list").Classed(fault.Config)
	}
	return r.Fetch(ctx, entry)
}

// read reads a file of at most one byte more than a package may have: by its size alone it is
// refused then.
func read(name string) ([]byte, error) {
	unreadable := func(err error) error {
		return fault.Wrap(err, "file.unreadable", "%s can't be read", name).Classed(fault.Config)
	}
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, templatepack.MaxSize+1))
	if err != nil {
		return nil, unreadable(err)
	}
	return text, nil
}

func (n Needs) sign() *cobra.Command {
	var out, key string
	cmd := &cobra.Command{
		Use: "sign FILE", Short: "Sign a package", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if key == "" {
				return errors.New("sign needs --key")
			}
			file, err := read(args[0])
			if err != nil {
				return err
			}
			p, err := templatepack.Open(file)
			if err != nil {
				return err
			}
			private, err := signing.Key(key, p.Manifest.ID, p.Manifest.Version, n.Clock())
			if err != nil {
				return err
			}
			p.Sign(private)
			place := args[0]
			if out != "" {
				place = placed(out, p.Name())
			}
			return n.done(signing.Write(place, p.Write), packed(p, place), "%s %s is in %s, signed by %s", p.Manifest.ID, p.Manifest.Version, place, private.ID)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "file with the private key")
	cmd.Flags().StringVar(&out, "out", "", "file or folder to write to (default: the package itself)")
	return cmd
}

func (n Needs) inspect() *cobra.Command {
	return n.flagged(&cobra.Command{
		Use: "inspect FILE", Short: "Show what is in a package, who vouches for it, and what is wrong with it", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := read(args[0])
			if err != nil {
				return err
			}
			p, err := templatepack.Look(file)
			if err != nil {
				return err
			}
			judge, err := n.Shelf().Judge(plugpack.Templates)
			if err != nil {
				return err
			}
			standing := judge.Of(p.Manifest.ID, p.Manifest.Version, p.Text, p.Signature)
			s := packed(p, args[0])
			s.Status, s.KeyName, s.Problems = standing.Status, standing.KeyName, p.Template.Problems()
			if standing.Fault != nil {
				s.Problems = append(s.Problems, standing.Fault)
			}
			return n.show(s)
		},
	})
}

func (n Needs) show(s seen) error {
	if n.JSON {
		return n.PrintJSON(s)
	}
	n.Say("%s %s  %s  %s", s.ID, s.Version, s.Status, s.Title.ZH)
	if s.KeyName != "" {
		n.Say("  signed by %s (%s)", s.KeyName, s.Key)
	}
	for _, c := range s.Connectors {
		n.Say("  needs %s %s", c.ID, c.Versions)
	}
	for _, f := range s.Problems {
		n.Say("  %s at %s: %s", f.Code, f.Path, f.Message)
	}
	return nil
}

func (n Needs) index() *cobra.Command {
	return &cobra.Command{
		Use: "index DIR", Short: "List the packages of a folder in its " + registry.File + ", for any web server to hand out", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := registry.Build(os.DirFS(args[0]))
			if err != nil {
				return err
			}
			list, err := registry.Parse(text)
			if err != nil {
				return err
			}
			place := filepath.Join(args[0], registry.File)
			err = signing.Write(place, func(w io.Writer) error {
				_, err := w.Write(text)
				return err
			})
			return n.done(err, list, "%d templates are in %s", len(list.Templates), place)
		},
	}
}

// done ends a command.
func (n Needs) done(err error, v any, format string, args ...any) error {
	if err != nil {
		return err
	}
	if n.JSON {
		return n.PrintJSON(v)
	}
	n.Say(format, args...)
	return nil
}
