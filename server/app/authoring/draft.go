package authoring

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/declarative/draft"
	"github.com/karezflow/karez/sdk/fault"
)

// sources are what a connector is drafted from; one of the first three is given.
type sources struct{ openAPI, postman, curl, sample, id string }

// draft makes `plugin draft`.
func (n Needs) draft() *cobra.Command {
	var s sources
	cmd := &cobra.Command{
		Use:   "draft DIR",
		Short: "Write a connector without code to begin with, from an OpenAPI document, a Postman collection or a curl command",
		Long: "Writes " + declarative.ManifestFile + " and " + declarative.DefinitionFile + " into DIR, and lists what the description does not tell.\n" +
			"No secret that stands in the description is written. karez plugin test DIR checks it, karez plugin pack DIR makes a package of it.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return n.write(args[0], s) },
	}
	cmd.Flags().StringVar(&s.openAPI, "openapi", "", "an OpenAPI 3 or Swagger 2 document, JSON or YAML")
	cmd.Flags().StringVar(&s.postman, "postman", "", "a Postman collection, exported as v2.1")
	cmd.Flags().StringVar(&s.curl, "curl", "", "a curl command, or a file with one")
	cmd.Flags().StringVar(&s.sample, "sample", "", "a file with an answer to the curl command")
	cmd.Flags().StringVar(&s.id, "id", "", "the connector's id (default: the folder's name)")
	cmd.MarkFlagsOneRequired("openapi", "postman", "curl")
	cmd.MarkFlagsMutuallyExclusive("openapi", "postman", "curl")
	return cmd
}

func (n Needs) write(dir string, s sources) error {
	for _, name := range []string{declarative.ManifestFile, declarative.DefinitionFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return fault.New("draft.exists", "%s holds a %s already", dir, name).Classed(fault.Config).Hinted("name a new folder")
		}
	}
	d, err := s.make(cmp.Or(s.id, filepath.Base(filepath.Clean(dir))))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for name, text := range map[string][]byte{declarative.ManifestFile: d.Manifest, declarative.DefinitionFile: d.Definition} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	if n.JSON {
		return n.PrintJSON(map[string]any{"files": []string{declarative.ManifestFile, declarative.DefinitionFile}, "open": d.Open})
	}
	n.Say("  %s\n  %s\nstill to be seen to:", filepath.Join(dir, declarative.ManifestFile), filepath.Join(dir, declarative.DefinitionFile))
	for _, open := range d.Open {
		n.Say("  - %s", open)
	}
	return nil
}

func (s sources) make(id string) (*draft.Draft, error) {
	switch {
	case s.openAPI != "":
		data, err := s.read(s.openAPI)
		if err != nil {
			return nil, err
		}
		return draft.OpenAPI(id, data)
	case s.postman != "":
		data, err := s.read(s.postman)
		if err != nil {
			return nil, err
		}
		return draft.Postman(id, data)
	}
	command, sample := []byte(s.curl), []byte(nil)
	var err error
	if !strings.HasPrefix(strings.TrimSpace(s.curl), "curl ") {
		if command, err = s.read(s.curl); err != nil {
			return nil, err
		}
	}
	if s.sample != "" {
		if sample, err = s.read(s.sample); err != nil {
			return nil, err
		}
	}
	return draft.Curl(id, string(command), string(sample))
}

func (sources) read(path string) ([]byte, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, fault.New("draft.unreadable", "%s cannot be read", path).Because(err).Classed(fault.Config)
	}
	return data, nil
}
