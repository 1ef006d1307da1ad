package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/app/cluster"
	"github.com/karezflow/karez/server/app/product"
)

func (c *cli) valueCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "value", Short: "The value language", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var docFile, text, zone string
	eval := &cobra.Command{
		Use: "eval", Short: "Evaluate a text of the value language on a document", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.evaluate(docFile, text, zone) },
	}
	eval.Flags().StringVar(&docFile, "doc", "", "file with one JSON document")
	eval.Flags().StringVar(&text, "value", "", "the text, for example {{o_id}}")
	eval.Flags().StringVar(&zone, "zone", "Asia/Shanghai", "time zone of times without an offset")
	cmd.AddCommand(eval)
	return cmd
}

// evaluate prints {"type","value"} or {"error"}.
func (c *cli) evaluate(docFile, text, zone string) error {
	doc := []byte("{}")
	if docFile != "" {
		var err error
		if doc, err = os.ReadFile(docFile); err != nil { //nolint:gosec // the user names the file
			return fault.Wrap(err, "file.unreadable", "the document can't be read")
		}
	}
	if err := item.Check(doc); err != nil {
		return err
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return fault.New("flow.timezone", "%s is not a time zone", zone).Hinted("use an IANA name such as Asia/Shanghai")
	}
	program, err := value.Compile(text, value.Options{Zone: location})
	if err != nil {
		return c.printValueError(err)
	}
	scope := &value.Scope{Doc: item.Of(doc), Source: item.Of(doc), System: value.System{From: now(), To: now()}}
	raw, err := program.Append(nil, scope)
	if err != nil {
		return c.printValueError(err)
	}
	names := map[item.Kind]string{
		item.None: "none", item.Null: "null", item.Bool: "bool", item.Number: "number", item.String: "string", item.Array: "array", item.Object: "object",
	}
	kind := names[item.Of(raw).Kind()]
	if c.JSON {
		line := append(item.AppendText([]byte(`{"type":`), kind), `,"value":`...)
		_, err := c.Out.Write(append(append(line, raw...), "}\n"...))
		return err
	}
	c.Say("%s (%s)", raw, kind)
	return nil
}

func (c *cli) printValueError(err error) error {
	f := fault.From(err)
	if !c.JSON {
		return f
	}
	position := f.Args["offset"]
	if err := c.PrintJSON(map[string]any{"error": map[string]any{"code": f.Code, "message": f.Message, "position": position}}); err != nil {
		return err
	}
	return errUnfinished
}

func (c *cli) migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to this program's schema",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := c.settings()
			if err != nil {
				return err
			}
			db, err := product.OpenStore(cmd.Context(), settings)
			if err != nil {
				return err
			}
			version, err := db.SchemaVersion(cmd.Context())
			if err != nil {
				return err
			}
			if c.JSON {
				if err := c.PrintJSON(map[string]int64{"schema": version}); err != nil {
					return err
				}
			} else {
				c.Say("the database is at schema %d", version)
			}
			return db.Close()
		},
	}
	c.storeFlags(cmd)
	return cmd
}

// finding is one line of `doctor`.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	// Warning is set of what works and should be better.
	Warning bool   `json:"warning,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (c *cli) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the data folder, the database, NATS and the connectors",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := []finding{c.checkData()}
			findings = append(findings, c.checkDatabase(cmd.Context())...)
			installed, err := c.installed(cmd.Context())
			if err != nil {
				return err
			}
			for _, p := range installed {
				var failed error
				if p.Fault != nil {
					failed = p.Fault
				}
				findings = append(findings, found("connector "+p.ID, "starts, version "+p.Version, failed))
				if failed == nil {
					findings = append(findings, isolationOf(p))
				}
			}
			return c.printFindings(findings)
		},
	}
	c.storeFlags(cmd)
	c.scale.Shared(cmd.Flags())
	return cmd
}

// checkDatabase looks at the database without changing it.
func (c *cli) checkDatabase(ctx context.Context) []finding {
	settings, err := c.settings()
	if err != nil {
		return []finding{found("database", "", err)}
	}
	db, err := product.OpenUnmigrated(ctx, settings)
	if err != nil {
		return []finding{found("database", "", err)}
	}
	var findings []finding
	for _, p := range db.Diagnose(ctx) {
		findings = append(findings, finding{Check: "database", Message: p.Message, Hint: p.Hint})
	}
	if err := db.CheckPages(ctx); err != nil {
		findings = append(findings, found("database pages", "", err))
	}
	version, err := db.Version(ctx)
	pending, second := db.Pending(ctx)
	if err = errors.Join(err, second, db.Close()); err == nil && pending {
		findings = append(findings, finding{
			Check: "schema", Message: "the database has an older schema than this program",
			Hint: "karez migrate brings it up to date; make a backup first",
		})
	}
	findings = append(findings, found("database", "opens, "+version, err))
	if text, err := cluster.Diagnose(ctx, settings.Bus); text != "" || err != nil {
		findings = append(findings, found("NATS", text, err))
	}
	return findings
}

// isolationOf tells what confines a connector, and warns of what is missing.
func isolationOf(p pluginhost.Installed) finding {
	f := finding{Check: "isolation " + p.ID, OK: true, Warning: p.Isolation.Level != pluginhost.LevelFull, Message: "level " + string(p.Isolation.Level)}
	for _, m := range p.Isolation.Missing {
		f.Message += fmt.Sprintf("; without %s: %s", m.Part, m.Reason)
	}
	if f.Warning {
		f.Hint = "its process may do more than it needs; see the help page on connectors"
	}
	return f
}

func found(check, good string, err error) finding {
	if err == nil {
		return finding{Check: check, OK: true, Message: good}
	}
	f := fault.From(err)
	return finding{Check: check, Message: f.Message, Hint: f.Hint}
}

// checkData tells whether the data folder is private and can be written.
func (c *cli) checkData() finding {
	f := finding{Check: "data folder", OK: true, Message: c.dataDir}
	if err := os.MkdirAll(c.dataDir, 0o700); err != nil {
		return found("data folder", "", fault.Wrap(err, "data.unwritable", "the data folder can't be made"))
	}
	probe := filepath.Join(c.dataDir, ".doctor")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return found("data folder", "", fault.Wrap(err, "data.unwritable", "the data folder can't be written"))
	}
	_ = os.Remove(probe) // an empty file that stays does no harm
	if info, err := os.Stat(filepath.Join(c.dataDir, "secret.key")); err == nil && info.Mode().Perm()&0o077 != 0 {
		f.OK, f.Message, f.Hint = false, "other users can read the key file", "chmod 600 secret.key"
	}
	return f
}

func (c *cli) printFindings(findings []finding) error {
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
	}
	if c.JSON {
		if err := c.PrintJSON(map[string]any{"ok": bad == 0, "findings": findings}); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			mark := "ok  "
			switch {
			case !f.OK:
				mark = "BAD "
			case f.Warning:
				mark = "warn"
			}
			c.Say("%s %-28s %s", mark, f.Check, strings.TrimSpace(f.Message+"  "+f.Hint))
		}
	}
	if bad > 0 {
		return errUnfinished
	}
	return nil
}
