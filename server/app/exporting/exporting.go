// Package exporting is the command that hands a flow out as a file: its document, or the
// mapping document for people.
//
// It may import server/app/product, server/draft and sdk/fault, beside the command line's library.
package exporting

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/draft"
)

// Needs is what the command takes from the program.
type Needs struct {
	// Open opens the product that the flags name, As gives who the command line is.
	Open  func(ctx context.Context) (*product.Product, error)
	As    func(ctx context.Context) context.Context
	Flags func(cmd *cobra.Command)
}

// options are the flags.
type options struct{ format, language, version, out string }

// Command makes `flow export`.
func Command(n Needs) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "export FLOW",
		Short: "Write a flow as a file: its document, or the mapping document for people",
		Long: "FLOW is the id or the name of a flow in the data folder. json is the draft's document, which another installation takes;\n" +
			"md and xlsx are the mapping document: interfaces, fields, mapping, look-ups, schedule and change log.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			e, err := n.Open(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(cmd.Context()))) }()
			var file bytes.Buffer
			if err := write(n.As(cmd.Context()), e, args[0], o, &file); err != nil {
				return err
			}
			if o.out != "" {
				return os.WriteFile(o.out, file.Bytes(), 0o600)
			}
			_, err = cmd.OutOrStdout().Write(file.Bytes())
			return err
		},
	}
	n.Flags(cmd)
	cmd.Flags().StringVar(&o.format, "format", "json", "json, md or xlsx")
	cmd.Flags().StringVar(&o.language, "lang", "zh-CN", "language of the mapping document: zh-CN or en")
	cmd.Flags().StringVar(&o.version, "version", "", "version of the mapping document: a number, or draft (default: the newest version)")
	cmd.Flags().StringVar(&o.out, "out", "", "the file to write (default: standard output)")
	return cmd
}

func write(ctx context.Context, e *product.Product, name string, o options, out io.Writer) error {
	id, err := find(ctx, e, name)
	if err != nil {
		return err
	}
	switch o.format {
	case "json":
		document, err := e.Drafts.Export(ctx, id)
		if err != nil {
			return err
		}
		_, err = out.Write(append(document, '\n'))
		return err
	case "md", "xlsx":
		book, err := e.Versions.MappingDocument(ctx, id, o.version, o.language != "en")
		if err != nil {
			return err
		}
		if o.format == "md" {
			return book.Markdown(out)
		}
		return book.Workbook(out)
	default:
		return fault.New("export.format_unknown", "there is no format %s", o.format).At("format").Arg("value", o.format).Classed(fault.Config).Hinted("choose json, md or xlsx")
	}
}

// find gives the id of the flow with an id or a name.
func find(ctx context.Context, e *product.Product, name string) (string, error) {
	if f, err := e.Drafts.Get(ctx, name); err == nil {
		return f.PublicID, nil
	}
	for after := ""; ; {
		page, err := e.Drafts.List(ctx, draft.Query{Text: name, After: after})
		if err != nil {
			return "", err
		}
		for _, f := range page.Items {
			if f.Name == name {
				return f.PublicID, nil
			}
		}
		if after = page.Next; after == "" {
			return "", fault.New("export.flow_missing", "there is no flow %s in the data folder", name).Arg("value", name).Classed(fault.Config).
				Hinted("name its id or its name; --data chooses the folder")
		}
	}
}
