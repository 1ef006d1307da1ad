package bulk

import (
	"cmp"
	"context"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/document"
)

// MaxExamined is how many documents a preview looks at one by one, MaxUndecided how many
// open questions it names.
const (
	MaxExamined  = 10_000
	MaxUndecided = 200
)

// Preview is what a job would do now.
type Preview struct {
	// Total documents are selected; more than a job may have where TooMany.
	Total   int
	TooMany bool
	Groups  []Group
	// Examined documents were looked at one by one; of these Refused would be left alone.
	Examined, Refused int
	Reasons           []Group
	// Undecided are documents whose writes may have arrived: a job that sends again
	// leaves them alone unless each is confirmed.
	Undecided []Undecided
	// Seen is when one of the selected changed last: a Request that carries it acts on nothing
	// that changed later.
	Seen ledger.Millis
}

// Group is documents that are alike.
type Group struct {
	// State is that of the documents, "" for reasons of refusals.
	State, Code, Message string
	Args                 map[string]string
	Documents            int
}

// Undecided is a document of which it is not known whether the target holds what was sent.
type Undecided struct {
	Document    ledger.ID
	Key, Number string
	// Target is the key in the target, Since when it was sent last.
	Target string
	Since  ledger.Millis
}

// Preview counts what a request selects, and of how much of it nothing could be done.
func (s *Service) Preview(ctx context.Context, req Request) (Preview, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Preview{}, err
	}
	job, err := req.order(p)
	if err != nil {
		return Preview{}, err
	}
	chosen, err := s.choose(ctx, job)
	if err != nil {
		return Preview{}, err
	}
	out := Preview{Total: min(len(chosen), s.Most), TooMany: len(chosen) > s.Most}
	chosen = chosen[:out.Total]
	for _, c := range chosen {
		out.Seen = max(out.Seen, c.Updated)
	}
	if out.Groups, err = s.groups(ctx, chosen); err != nil {
		return out, err
	}
	return out, s.examine(ctx, job, chosen[:min(len(chosen), MaxExamined)], &out)
}

// groups counts documents by state and code, the largest group first.
func (s *Service) groups(ctx context.Context, chosen []document.Chosen) ([]Group, error) {
	type kind struct {
		state ledger.State
		code  string
	}
	counts, first := map[kind]int{}, map[kind]ledger.ID{}
	for _, c := range chosen {
		k := kind{c.State, c.Code}
		if counts[k]++; first[k] == 0 {
			first[k] = c.ID
		}
	}
	ids := make([]ledger.ID, 0, len(first))
	for _, id := range first {
		ids = append(ids, id)
	}
	reasons, err := s.Store.Reasons(ctx, ids[:min(len(ids), 200)])
	var groups []Group
	for k, n := range counts {
		why := reasons[first[k]]
		groups = append(groups, Group{State: document.StateName(k.state), Code: k.code, Message: why.Message, Args: why.Args, Documents: n})
	}
	sortGroups(groups)
	return groups, err
}

func sortGroups(groups []Group) {
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.State, b.State), cmp.Compare(a.Code, b.Code))
	})
}

// examine asks of each document whether the job could act on it now.
func (s *Service) examine(ctx context.Context, job Job, chosen []document.Chosen, out *Preview) error {
	reasons := map[string]*Group{}
	refuse := func(f *fault.Fault) {
		g := reasons[f.Code]
		if g == nil {
			g = &Group{Code: f.Code, Message: f.Message, Args: f.Args}
			reasons[f.Code] = g
		}
		g.Documents++
		out.Refused++
	}
	for part := range slices.Chunk(chosen, 200) {
		ids := idsOf(part)
		found, err := s.Documents.Ailings(ctx, job.Workspace, ids)
		if err != nil {
			return err
		}
		out.Examined += len(part)
		for range len(part) - len(found) {
			refuse(access.Missing())
		}
		var open []ledger.ID
		for _, a := range found {
			if f := job.order().Refuses(a, slices.Contains(job.Confirmed, a.Document.ID), s.now()); f != nil {
				refuse(f)
			}
			if job.Kind == document.ActionResend && len(document.Undecided(a)) > 0 {
				open = append(open, a.Document.ID)
			}
		}
		if err := s.undecided(ctx, open, found, out); err != nil {
			return err
		}
	}
	for _, g := range reasons {
		out.Reasons = append(out.Reasons, *g)
	}
	sortGroups(out.Reasons)
	return nil
}

func (s *Service) undecided(ctx context.Context, open []ledger.ID, found []rules.Ailing, out *Preview) error {
	open = open[:min(len(open), MaxUndecided-len(out.Undecided))]
	if len(open) == 0 {
		return nil
	}
	names, err := s.Store.Names(ctx, open)
	for _, a := range found {
		if !slices.Contains(open, a.Document.ID) {
			continue
		}
		d, named := document.Undecided(a)[0], names[a.Document.ID]
		out.Undecided = append(out.Undecided, Undecided{Document: a.Document.ID, Key: named.Key, Number: named.Number, Target: d.Key, Since: d.Updated})
	}
	return err
}

func idsOf(chosen []document.Chosen) []ledger.ID {
	ids := make([]ledger.ID, len(chosen))
	for i, c := range chosen {
		ids[i] = c.ID
	}
	return ids
}
