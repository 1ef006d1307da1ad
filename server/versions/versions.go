// Package versions tells what versions of a flow do: how two of them differ, and what one is,
// as the mapping document that goes to the customer.
//
// It may import server/access, server/catalog, server/codetable, server/connection,
// server/draft, server/versions/mapdoc, engine/flow and what is below it, engine/ledger and
// the sdk: never a database or HTTP.
package versions

import (
	"context"
	"strconv"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/flow/diff"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
)

// Connections knows the connections of the caller's workspace.
type Connections interface {
	Get(ctx context.Context, name string) (connection.View, error)
}

// Codes knows the code tables of the caller's workspace.
type Codes interface {
	List(ctx context.Context) ([]codetable.Table, error)
	Page(ctx context.Context, id string, f codetable.Filter) (codetable.Page, error)
}

// Config wires a Service.
type Config struct {
	Flows       *draft.Service
	Connections Connections
	Catalog     *catalog.Service
	Codes       Codes
	Types       flow.Types
}

// Service compares and describes versions.
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// Draft names the draft where a version is asked for, Nothing a flow without nodes.
const (
	Draft   = "draft"
	Nothing = "nothing"
)

// Diff tells how two versions of a flow differ. Each is a number, Draft or Nothing.
func (s *Service) Diff(ctx context.Context, publicID, from, to string) (diff.Diff, error) {
	before, err := s.document(ctx, publicID, from, "from")
	if err != nil {
		return diff.Diff{}, err
	}
	after, err := s.document(ctx, publicID, to, "to")
	if err != nil {
		return diff.Diff{}, err
	}
	return s.compare(ctx, before, after), nil
}

// Compare tells how two documents differ that need not be saved.
func (s *Service) Compare(ctx context.Context, from, to []byte) (diff.Diff, error) {
	if _, err := access.Here(ctx, access.Edit); err != nil {
		return diff.Diff{}, err
	}
	before, err := parsed(from, "from")
	if err != nil {
		return diff.Diff{}, err
	}
	after, err := parsed(to, "to")
	if err != nil {
		return diff.Diff{}, err
	}
	return s.compare(ctx, before, after), nil
}

func (s *Service) compare(ctx context.Context, from, to *flow.Document) diff.Diff {
	known := &known{ctx: ctx, s: s}
	return diff.Of(from, to, diff.Options{Types: s.Types, Fields: func(doc *flow.Document, n *flow.Node, setting string) []field.Field {
		return known.filled(doc, n, setting)
	}})
}

func parsed(document []byte, path string) (*flow.Document, error) {
	docs, err := flow.Parse(document)
	if err != nil {
		return nil, fault.From(err).Under(path)
	}
	if len(docs) != 1 {
		return nil, fault.New("flow.several_documents", "one flow was expected and there are %d", len(docs)).At(path).Classed(fault.Config).Hinted("compare one flow with one")
	}
	return docs[0], nil
}

// document gives a version as it was compiled, its derived operations included.
func (s *Service) document(ctx context.Context, publicID, which, path string) (*flow.Document, error) {
	no := 0
	if which != Draft && which != Nothing {
		n, err := strconv.Atoi(which)
		if err != nil || n <= 0 {
			return nil, fault.New("flow.version_unknown", "%q is no version", which).At(path).Arg("value", which).Classed(fault.Config).
				Hinted("name the number of a version, or draft")
		}
		no = n
	}
	doc, err := s.Flows.Whole(ctx, publicID, no)
	if err == nil && which == Nothing {
		return &flow.Document{Metadata: flow.Metadata{Name: doc.Metadata.Name, Title: doc.Metadata.Title}}, nil
	}
	return doc, err
}
