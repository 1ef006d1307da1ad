// Package packages is the part of the command line that is about connector packages:
// keys, packing, signing, installing and choosing versions. It works on the data folder's
// files, also of a program that runs, which takes the change up by itself.
//
// It may import server/depot, server/plugins, server/shelf, engine/plugpack with its parts,
// server/app/signing, server/app/terminal and sdk/fault: never the product or another command.
package packages

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/index"
	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/signing"
	"github.com/karezflow/karez/server/app/terminal"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
)

// Needs are what the commands get of the program.
type Needs struct {
	*terminal.Terminal

	// Shelf gives the installed packages of the data folder that the flags name.
	Shelf func() *shelf.Shelf
	// Uses gives the connections of a connector and the flows with its nodes, Running what there is of connectors.
	Uses    func(ctx context.Context, connector string) ([]plugins.Use, error)
	Running func(ctx context.Context) ([]plugins.Running, error)
	// Flags adds the flags that Shelf and Uses read.
	Flags func(cmd *cobra.Command)
	// SDK are the wire versions of this program, OS and Arch its platform.
	SDK      []int
	OS, Arch string
	Clock    func() time.Time
}

// Commands gives the commands below "plugin".
func Commands(n Needs) []*cobra.Command {
	return []*cobra.Command{
		n.pack(), n.sign(), n.verify(), n.index(), n.install(), n.remove(),
		n.choose("activate NAME@VERSION", "Let an installed version serve", func(ctx context.Context, id, version string) error { return n.Shelf().Activate(ctx, id, version) }),
		n.choose("rollback NAME", "Let the version serve again that did before", func(ctx context.Context, id, _ string) error {
			_, err := n.Shelf().Rollback(ctx, id)
			return err
		}),
		n.choose("pin NAME", "Leave newer versions inactive when they are installed", func(_ context.Context, id, _ string) error { return n.Shelf().Pin(id, true) }),
		n.choose("unpin NAME", "Let newer versions serve when they are installed", func(_ context.Context, id, _ string) error { return n.Shelf().Pin(id, false) }),
		n.revoke(), n.keys(),
	}
}

// workshop bounds what a command reads into memory.
const workshop = plugpack.MaxSize + 1

func (n Needs) pack() *cobra.Command {
	var out, key string
	var programs []string
	cmd := &cobra.Command{
		Use:   "pack DIR",
		Short: "Make a package of a connector's folder",
		Long: "Makes a package of a folder with manifest.yaml, the programs at bin/<os>-<arch>/<id>, and what is for people: the icon,\n" +
			"README, LICENSE, CHANGELOG, docs/ and examples/. A program at bin/<id>, as a build on this machine makes it, is taken for\n" +
			"one of this platform. A package.json there may give publisher, sdk {min, max} and permissions {hosts}. The same folder\n" +
			"always gives the same bytes.\n\n" +
			"A folder with connector.yaml is a connector without code: its definition is checked as an installation would, and whatever is\n" +
			"in bin/ stays out, since the product's own program serves it on every platform.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			source := plugpack.Source{Dir: os.DirFS(args[0]), Here: n.OS + "/" + n.Arch, Programs: map[string]plugpack.Opener{}, SDK: plugpack.Range{Min: n.SDK[0], Max: n.SDK[len(n.SDK)-1]}}
			for _, p := range programs {
				platform, path, _ := strings.Cut(p, "=")
				source.Programs[platform] = func() (io.ReadCloser, error) { return os.Open(path) } //nolint:gosec // the user names the file
			}
			if _, err := os.Stat(args[0]); err != nil {
				return unreadable(args[0], err)
			}
			work, err := os.CreateTemp("", "karez-package-")
			if err != nil {
				return unwritable(err)
			}
			defer func() { _, _ = work.Close(), os.Remove(work.Name()) }() // a file of this command alone
			m, err := plugpack.Pack(work, source)
			if err != nil {
				return err
			}
			p, err := opened(work)
			if err != nil {
				return err
			}
			name := m.Name + "-" + m.Version + plugpack.Extension
			if out == "" {
				out = name
			} else if info, err := os.Stat(out); err == nil && info.IsDir() {
				out = filepath.Join(out, name)
			}
			signature, err := n.signature(key, p)
			if err != nil {
				return err
			}
			return n.write(out, p, signature)
		},
	}
	cmd.Flags().StringArrayVar(&programs, "program", nil, "a program besides those of the folder: OS/ARCH=FILE, for example linux/amd64=bin/plugins/jushuitan")
	cmd.Flags().StringVar(&out, "out", "", "file or folder to write to (default: <id>-<version>"+plugpack.Extension+")")
	cmd.Flags().StringVar(&key, "key", "", "file with the private key to sign with")
	return cmd
}

func (n Needs) sign() *cobra.Command {
	var out, key string
	cmd := &cobra.Command{
		Use: "sign FILE", Short: "Sign a package", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if key == "" {
				return errors.New("sign needs --key")
			}
			file, err := os.Open(args[0])
			if err != nil {
				return unreadable(args[0], err)
			}
			defer func() { _ = file.Close() }() // it was only read
			p, err := opened(file)
			if err != nil {
				return err
			}
			signature, err := n.signature(key, p)
			if err != nil {
				return err
			}
			if out == "" {
				out = args[0]
			}
			return n.write(out, p, signature)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "file with the private key")
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: the package itself)")
	return cmd
}

// signature signs a package, with no key not at all.
func (n Needs) signature(keyFile string, p *plugpack.Package) (*plugpack.Signature, error) {
	if keyFile == "" {
		return nil, nil //nolint:nilnil // a package may go unsigned
	}
	key, err := signing.Key(keyFile, p.Manifest.Name, p.Manifest.Version, n.Clock())
	if err != nil {
		return nil, err
	}
	return key.Sign(p.Text), nil
}

// write writes a package beside its place, and moves it there.
func (n Needs) write(out string, p *plugpack.Package, signature *plugpack.Signature) error {
	if err := signing.Write(out, func(w io.Writer) error { return p.WriteSigned(w, signature) }); err != nil {
		return err
	}
	key := ""
	if signature != nil {
		key = signature.Key
	}
	if n.JSON {
		return n.PrintJSON(map[string]string{"name": p.Manifest.Name, "version": p.Manifest.Version, "file": out, "sum": p.Sum, "key": key})
	}
	if key == "" {
		n.Say("%s %s is in %s, not signed", p.Manifest.Name, p.Manifest.Version, out)
	} else {
		n.Say("%s %s is in %s, signed by %s", p.Manifest.Name, p.Manifest.Version, out, key)
	}
	return nil
}

func (n Needs) index() *cobra.Command {
	return &cobra.Command{
		Use: "index DIR", Short: "List the packages of a folder in its index.json, for any web server to hand out", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := index.Build(cmd.Context(), os.DirFS(args[0]))
			if err != nil {
				return err
			}
			list, err := index.Parse(text)
			if err != nil {
				return err
			}
			place := filepath.Join(args[0], index.File)
			if err := errors.Join(os.WriteFile(place+".new", text, 0o644), os.Rename(place+".new", place)); err != nil { //nolint:gosec // it is for everybody
				return unwritable(err)
			}
			if n.JSON {
				return n.PrintJSON(list)
			}
			n.Say("%d packages are in %s", len(list.Packages), place)
			return nil
		},
	}
}

// opened opens a package file of at most the allowed size.
func opened(file *os.File) (*plugpack.Package, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, unreadable(file.Name(), err)
	}
	return plugpack.Open(file, min(info.Size(), workshop))
}

func unreadable(name string, err error) error {
	return fault.Wrap(err, "file.unreadable", "%s can't be read", name).Classed(fault.Config)
}

func unwritable(err error) error {
	return fault.Wrap(err, packfile.CodeUnwritable, "the package can't be written").Hinted("look at the space and the permissions of the folder").Classed(fault.Config)
}

// keys are the commands about keys.
func (n Needs) keys() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Keys that packages are signed and trusted by", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(n.newKey(), n.listKeys(), n.trustKey(), n.forgetKey())
	return cmd
}

func (n Needs) newKey() *cobra.Command {
	var name, expires, out string
	cmd := &cobra.Command{
		Use: "new", Short: "Make a key: a private file to sign with, and one ending in .pub for others", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if name == "" || out == "" {
				return errors.New("key new needs --name and --out")
			}
			end := n.Clock().AddDate(2, 0, 0)
			if expires != "" {
				var err error
				if end, err = time.Parse(time.DateOnly, expires); err != nil {
					return errors.New("--expires is a day such as 2028-01-31")
				}
			}
			key, err := plugpack.NewKey(rand.Reader, name, end)
			if err != nil {
				return err
			}
			for file, line := range map[string]string{out: key.SecretLine(), out + ".pub": key.Line()} {
				if err := create(file, line); err != nil {
					return err
				}
			}
			if n.JSON {
				return n.PrintJSON(map[string]string{"id": key.ID, "name": key.Name, "expires": end.UTC().Format(time.DateOnly), "file": out, "public": out + ".pub"})
			}
			n.Say("the key %s of %s signs until %s\n  %s signs: keep it to yourself\n  %s.pub is for those who are to trust it", key.ID, key.Name, end.UTC().Format(time.DateOnly), out, out)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "whose key it is, as administrators will see it")
	cmd.Flags().StringVar(&expires, "expires", "", "the day from which on nothing that it signed is installed (default: in two years)")
	cmd.Flags().StringVar(&out, "out", "", "file of the private key; the public one gets .pub behind it")
	return cmd
}

// create writes a file that is not there yet, for its owner alone.
func create(name, text string) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return unwritable(err)
	}
	_, err = io.WriteString(file, text)
	if err := errors.Join(err, file.Close()); err != nil {
		return unwritable(err)
	}
	return nil
}

func (n Needs) listKeys() *cobra.Command {
	return n.flagged(&cobra.Command{
		Use: "list", Short: "List the keys that are trusted here", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			keys, err := n.Shelf().Keys()
			if err != nil {
				return err
			}
			views := make([]map[string]string, len(keys))
			for i, k := range keys {
				views[i] = map[string]string{"id": k.ID, "name": k.Name, "expires": k.Expires.Format(time.DateOnly), "status": string(k.Status)}
			}
			if n.JSON {
				return n.PrintJSON(views)
			}
			for _, k := range views {
				n.Say("%s  %-9s until %s  %s", k["id"], k["status"], k["expires"], k["name"])
			}
			return nil
		},
	})
}

func (n Needs) trustKey() *cobra.Command {
	var as string
	cmd := n.flagged(&cobra.Command{
		Use: "trust FILE.pub", Short: "Trust a publisher's key", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return unreadable(args[0], err)
			}
			key, err := plugpack.ParseKey(string(text))
			if err != nil {
				return err
			}
			return n.done(n.Shelf().Trust(key, shelf.Status(as)), "what %s signs with the key %s is %s here", key.Name, key.ID, as)
		},
	})
	cmd.Flags().StringVar(&as, "as", string(shelf.Signed), "what packages that it signs are: signed or community")
	return cmd
}

func (n Needs) forgetKey() *cobra.Command {
	return n.flagged(&cobra.Command{
		Use: "forget ID", Short: "Trust a key no more", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return n.done(n.Shelf().Distrust(args[0]), "the key %s is not trusted any more", args[0])
		},
	})
}

// flagged adds the flags that name the data folder.
func (n Needs) flagged(cmd *cobra.Command) *cobra.Command {
	n.Flags(cmd)
	return cmd
}

// done ends a command that has nothing to show.
func (n Needs) done(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	if n.JSON {
		return n.PrintJSON(map[string]bool{"ok": true})
	}
	n.Say(format, args...)
	return nil
}
