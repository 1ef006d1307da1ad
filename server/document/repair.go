package document

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/once"
)

// The versions that a retry may walk with.
const (
	Published = "published"
	Pinned    = "pinned"
)

// RetryRequest asks to walk a document again from its source payload.
type RetryRequest struct {
	// Version is Published (also when empty) or Pinned.
	Version string
	// Source is an edited payload, one JSON object; nil keeps the one on record.
	Source []byte
	// Seen is when the document had changed last when the payload was edited, 0 for unknown.
	Seen ledger.Millis
}

// Retry walks a document again.
func (s *Service) Retry(ctx context.Context, id string, req RetryRequest) (Detail, error) {
	if req.Source != nil && !object(req.Source) {
		return Detail{}, invalid("source")
	}
	return s.act(ctx, id, []string{"retry", req.Version, string(req.Source)}, req.Seen, func(a rules.Ailing) (ledger.Repair, error) {
		return s.retry(ctx, a, req)
	})
}

func (s *Service) retry(ctx context.Context, a rules.Ailing, req RetryRequest) (ledger.Repair, error) {
	r := ledger.Repair{Action: ledger.RetryDocument, Source: req.Source}
	var err error
	r.Version, err = s.version(ctx, a, req.Version)
	return r, err
}

// version gives the version that a person's order walks with, 0 for the one that the
// document is pinned to.
func (s *Service) version(ctx context.Context, a rules.Ailing, name string) (ledger.ID, error) {
	switch name := cmp.Or(name, Published); {
	case name == Published && a.HandsOnly(), name == Pinned:
		return 0, nil
	case name == Published:
		version, err := s.Store.Published(ctx, a.Flow)
		if errors.Is(err, ledger.ErrNotFound) {
			return 0, fault.New("flow.not_published", "the flow has no published version").Classed(fault.Config).
				Hinted("publish the flow, or retry with the version the document was read with")
		}
		return version, err
	default:
		return 0, versionUnknown(name)
	}
}

func versionUnknown(version string) *fault.Fault {
	return fault.New("document.version_unknown", "a retry walks with the published or the pinned version, not with %q", version).
		At("version").Classed(fault.Data).Hinted("write published or pinned")
}

// ResendRequest asks to write one delivery's body again as it is.
type ResendRequest struct {
	Node string
	Part int
	// Body takes the place of the stored body; one JSON object, or nil.
	Body []byte
	// Decided is the caller's word that the target does not hold what was sent,
	// while the engine is still finding out.
	Decided bool
	// Note says why.
	Note string
	// Seen is when the document had changed last when the caller looked at it, 0 for unknown.
	Seen ledger.Millis
}

// AcceptRequest is a person's word that the target holds what a delivery sent.
type AcceptRequest struct {
	Node string
	Part int
	// TargetID and TargetNumber are the target's names of the object; empty keeps those on record.
	TargetID, TargetNumber string
	Note                   string
	// Seen is when the document had changed last when the caller looked at it, 0 for unknown.
	Seen ledger.Millis
}

// Accept takes a delivery for written: nothing is sent, and the walk goes on from there.
func (s *Service) Accept(ctx context.Context, id string, req AcceptRequest) (Detail, error) {
	what := []string{"accept", req.Node, strconv.Itoa(req.Part), req.TargetID, req.TargetNumber, req.Note}
	return s.act(ctx, id, what, req.Seen, func(a rules.Ailing) (ledger.Repair, error) {
		no, err := s.Store.NodeNo(ctx, a.Flow, req.Node)
		return ledger.Repair{
			Action: ledger.AcceptDelivery, Decided: true, TargetID: strings.TrimSpace(req.TargetID), TargetNumber: strings.TrimSpace(req.TargetNumber), Note: req.Note,
			Delivery: ledger.DeliveryKey{Document: a.Document.ID, NodeNo: no, Part: req.Part},
		}, err
	})
}

// Resend writes one delivery again. The walk that carries it out also tries the
// document's other refused rows again.
func (s *Service) Resend(ctx context.Context, id string, req ResendRequest) (Detail, error) {
	if req.Body != nil && !object(req.Body) {
		return Detail{}, invalid("body")
	}
	what := []string{"resend", req.Node, strconv.Itoa(req.Part), string(req.Body), strconv.FormatBool(req.Decided), req.Note}
	return s.act(ctx, id, what, req.Seen, func(a rules.Ailing) (ledger.Repair, error) {
		no, err := s.Store.NodeNo(ctx, a.Flow, req.Node)
		return ledger.Repair{
			Action: ledger.ResendDelivery, Body: req.Body, Decided: req.Decided, Note: req.Note,
			Delivery: ledger.DeliveryKey{Document: a.Document.ID, NodeNo: no, Part: req.Part},
		}, err
	})
}

// Skip lets a document go for good.
func (s *Service) Skip(ctx context.Context, id, note string) (Detail, error) {
	return s.act(ctx, id, []string{"skip", note}, 0, func(rules.Ailing) (ledger.Repair, error) {
		return ledger.Repair{Action: ledger.SkipDocument, Note: note}, nil
	})
}

// Eject takes a document out of the bills that it is in. again lets it walk once more,
// else it is rejected.
func (s *Service) Eject(ctx context.Context, id, note string, again bool) (Detail, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Detail{}, err
	}
	o := once.New(ctx, number(id), "eject", note, strconv.FormatBool(again))
	e := barrier.Ejecting{
		Workspace: p.Workspace, Document: o.Object, Again: again, Actor: cmp.Or(p.Name, fmt.Sprint("user ", p.User)), Note: note, OrderKey: o.Key, Asked: o.Asked,
	}
	before, err := once.Carry(ctx, s.Store, p.Workspace, o, func() error { return s.Bills.Eject(ctx, e) })
	switch {
	case err != nil:
		return Detail{}, missing(err)
	case before == 0:
		s.Log.InfoContext(ctx, "a person took a document out of its bill", "document", id, "again", again, "by", e.Actor)
	}
	return s.detail(ctx, p, o.Object)
}

// object reports whether text is one JSON object.
func object(text []byte) bool {
	return json.Valid(text) && bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{"))
}

func invalid(path string) *fault.Fault {
	return fault.New("document.body_invalid", "what was edited is not one JSON object").At(path).Classed(fault.Data).
		Hinted("look for a missing quote, comma or bracket")
}

// decision makes an action out of what a document is now.
type decision func(rules.Ailing) (ledger.Repair, error)

// act carries an action out and gives the document as it is then. An order that was
// carried out before is not carried out again, whatever its client heard of it.
func (s *Service) act(ctx context.Context, id string, what []string, seen ledger.Millis, decide decision) (Detail, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Detail{}, err
	}
	o := once.New(ctx, number(id), what...)
	var work []ledger.ID
	if _, err := once.Carry(ctx, s.Store, p.Workspace, o, func() (err error) {
		work, err = s.repair(ctx, p, o, seen, decide)
		return err
	}); err != nil {
		return Detail{}, err
	}
	s.announce(ctx, work)
	return s.detail(ctx, p, o.Object)
}

func (s *Service) repair(ctx context.Context, p access.Principal, o once.Order, seen ledger.Millis, decide decision) ([]ledger.ID, error) {
	a, err := s.Store.Ailing(ctx, p.Workspace, o.Object)
	if err != nil {
		return nil, missing(err)
	}
	// What a person says of a write, or edits, is about what was shown: not about a later attempt.
	if seen != 0 && a.Document.Updated != seen {
		return nil, rules.Changed()
	}
	r, err := decide(a)
	if err != nil {
		return nil, err
	}
	r.Workspace, r.Document, r.Seen, r.Now = p.Workspace, o.Object, a.Document.Sight(), ledger.At(s.Clock())
	r.Actor, r.OrderKey, r.Asked = cmp.Or(p.Name, fmt.Sprint("user ", p.User)), o.Key, o.Asked
	work, err := s.Store.Repair(ctx, r)
	if err != nil {
		return nil, missing(err)
	}
	s.Log.InfoContext(ctx, "a person repaired a document", "document", o.Object, "action", r.Action, "version", r.Version,
		"edited", r.Source != nil || r.Body != nil, "by", r.Actor)
	return work, nil
}

func (s *Service) announce(ctx context.Context, work []ledger.ID) {
	if len(work) == 0 || s.Hints == nil {
		return
	}
	if err := s.Hints.Publish(ctx, ledger.Urgent, work); err != nil {
		s.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
	}
}
