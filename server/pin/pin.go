// Package pin keeps the samples that stay with the nodes of a flow: a few documents that
// people test with, for everybody of the workspace. They are no part of the flow's document
// and never leave with it.
//
// It may import server/access, engine/ledger, sdk/fault and sdk/item: never a database, HTTP
// or another service.
package pin

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
)

const (
	// MaxBytes is how large the documents of one sample are together, with their request.
	MaxBytes = 1 << 20
	// MaxItems is how many documents a sample has at most.
	MaxItems = 100
	// MaxPins is how many nodes of one flow keep a sample at most.
	MaxPins = 50
)

// Content is the documents of a sample.
type Content struct {
	// Items are JSON objects as the ledger would store them.
	Items []json.RawMessage `json:"items"`
	// Request is what the system was asked; missing where none was.
	Request json.RawMessage `json:"request,omitempty"`
	// Total is how many documents the system has, -1 where it does not tell.
	Total int `json:"total"`
}

// Origin tells where a sample came from.
type Origin string

// A sample was taken of the newest documents of a system, asked for by numbers, posted, or
// written by a person.
const (
	Taken   Origin = "taken"
	Numbers Origin = "numbers"
	Posted  Origin = "posted"
	Edited  Origin = "edited"
)

// Sample is what stays with a node.
type Sample struct {
	Content

	Node   string
	Origin Origin
	// Chosen is the index of the item that tests use.
	Chosen int
	// Basis is a mark of the settings that the sample was taken with. Who sets it compares it.
	Basis string
	// By is who pinned it, At when.
	By string
	At ledger.Millis
}

// Store keeps samples.
type Store interface {
	// Pins gives those of a flow by node; ledger.ErrNotFound where there is no such flow.
	Pins(ctx context.Context, workspace ledger.ID, flow string) ([]Sample, error)
	// Put keeps a sample in place of the node's last one, unless so many other nodes of the
	// flow have one: false. It fails with ledger.ErrNotFound where there is no such flow.
	Put(ctx context.Context, workspace ledger.ID, flow string, s Sample, most int) (bool, error)
	// Choose changes which item tests use, unless there are not so many; ledger.ErrNotFound.
	Choose(ctx context.Context, workspace ledger.ID, flow, node string, chosen int) error
	// Remove forgets a sample; one that is not there is forgotten already. It fails with
	// ledger.ErrNotFound where there is no such flow.
	Remove(ctx context.Context, workspace ledger.ID, flow, node string) error
}

// Service keeps samples. Its faults are "auth.…", "object.missing" and "sample.…".
type Service struct {
	Store Store
	Clock func() time.Time
	Log   *slog.Logger
}

// Pins gives the samples of a flow.
func (s *Service) Pins(ctx context.Context, flow string) ([]Sample, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	pins, err := s.Store.Pins(ctx, p.Workspace, flow)
	return pins, missing(err)
}

// Put keeps a sample with a node, in place of the one before, and gives it as it is kept.
func (s *Service) Put(ctx context.Context, flow string, sample Sample) (Sample, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Sample{}, err
	}
	if err := check(sample); err != nil {
		return Sample{}, err
	}
	sample.By, sample.At = p.Name, ledger.At(s.Clock())
	done, err := s.Store.Put(ctx, p.Workspace, flow, sample, MaxPins)
	switch {
	case err != nil:
		return Sample{}, missing(err)
	case !done:
		return Sample{}, fault.New("sample.too_many_pins", "samples stay with %d nodes of this flow already", MaxPins).Classed(fault.Data).
			Hinted("remove the sample of another node")
	}
	s.Log.InfoContext(ctx, "a person pinned a sample", "flow", flow, "node", sample.Node, "documents", len(sample.Items), "by", sample.By)
	return sample, nil
}

// Choose changes which of a node's documents tests use.
func (s *Service) Choose(ctx context.Context, flow, node string, chosen int) error {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return err
	}
	return missing(s.Store.Choose(ctx, p.Workspace, flow, node, chosen))
}

// Remove forgets the sample of a node.
func (s *Service) Remove(ctx context.Context, flow, node string) error {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return err
	}
	if err := s.Store.Remove(ctx, p.Workspace, flow, node); err != nil {
		return missing(err)
	}
	s.Log.InfoContext(ctx, "a person removed a sample", "flow", flow, "node", node, "by", p.Name)
	return nil
}

func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}

// check refuses what is no sample.
func check(s Sample) error {
	size := len(s.Request)
	for i, one := range s.Items {
		at := "items[" + strconv.Itoa(i) + "]"
		if err := item.Check(one); err != nil {
			return fault.From(err).At(at)
		}
		if item.Of(one).Kind() != item.Object {
			return fault.New("sample.not_a_record", "a document of a sample is a JSON object").At(at).Classed(fault.Data)
		}
		size += len(one)
	}
	switch {
	case !regexp.MustCompile(`^[a-z][a-z0-9_]{0,189}$`).MatchString(s.Node):
		return fault.New("sample.node_invalid", "a sample stays with a node of the flow").At("node").Classed(fault.Data)
	case len(s.Items) == 0 || len(s.Items) > MaxItems:
		return fault.New("sample.count", "a sample has 1 to %d documents", MaxItems).At("items").Classed(fault.Data)
	case s.Chosen < 0 || s.Chosen >= len(s.Items):
		return fault.New("sample.not_chosen", "the chosen document is none of the sample's").At("chosen").Classed(fault.Data)
	case size > MaxBytes:
		return fault.New("sample.too_large", "a sample that stays with a node has at most %d KiB, and this one has %d", MaxBytes>>10, size>>10).At("items").Classed(fault.Data).
			Hinted("keep fewer documents, or remove parts that the flow does not read")
	}
	if len(s.Request) > 0 {
		if err := item.Check(s.Request); err != nil {
			return fault.From(err).At("request")
		}
	}
	return nil
}
